(function () {
  "use strict";

  // The data, and small tools. Every text goes in as text: nothing here makes markup of a string.

  var data = JSON.parse(document.getElementById("data").textContent);
  var SVG = "http://www.w3.org/2000/svg";
  var MAX_ELEMENTS = 3000; // of the picture: what is smaller is folded, and opened by a zoom
  var ROWS = 200;
  var MAX_STEPS = 12; // of the way to a file, with the entry point

  function make(name, attributes) {
    var node = document.createElement(name);
    return fill(node, attributes, Array.prototype.slice.call(arguments, 2));
  }

  function draw(name, attributes) {
    var node = document.createElementNS(SVG, name);
    return fill(node, attributes, Array.prototype.slice.call(arguments, 2));
  }

  function fill(node, attributes, children) {
    Object.keys(attributes || {}).forEach(function (key) {
      var value = attributes[key];
      if (key.slice(0, 2) === "on") node.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    });
    children.forEach(function add(child) {
      if (Array.isArray(child)) child.forEach(add);
      else if (child !== null && child !== undefined)
        node.appendChild(typeof child === "object" ? child : document.createTextNode(String(child)));
    });
    return node;
  }

  function empty(node) {
    while (node.firstChild) node.removeChild(node.firstChild);
    return node;
  }

  function put(node) {
    return fill(empty(node), {}, Array.prototype.slice.call(arguments, 1));
  }

  function count(number, one, many) {
    return number.toLocaleString("en-US") + " " + (number === 1 ? one : many || one + "s");
  }

  // Sizes as slugtrim prints them: 1024-based, and never rounded up onto a class or limit.

  var LETTERS = "BKMGTPEZY";

  function natural(bytes) {
    if (bytes < 1024) return { text: bytes + "B", value: bytes };
    var power = Math.min(Math.floor(Math.log2(bytes) / 10), LETTERS.length - 1);
    var unit = Math.pow(1024, power);
    // Halves go to the even digit, as Python rounds.
    var tenths = (bytes * 10) / unit;
    var low = Math.floor(tenths);
    var rounded = tenths - low > 0.5 || (tenths - low === 0.5 && low % 2) ? low + 1 : low;
    return { text: (rounded / 10).toFixed(1) + LETTERS[power], value: (rounded / 10) * unit };
  }

  function size(bytes) {
    if (bytes < 0) return "-" + size(-bytes);
    var shown = natural(bytes);
    var unit = Math.pow(1024, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
    var next = unit * 1024;
    function reaches(limits, value) {
      return limits.some(function (limit) { return bytes < limit && limit <= value; });
    }
    if ((unit === 1024 || unit === 1048576) && !reaches(data.thresholds, next) && shown.value >= 1000 * unit)
      return natural(next).text.replace(".0", "");
    if (reaches(data.thresholds.concat([next]), shown.value))
      shown = natural(Math.floor((Math.floor((bytes * 10) / unit) * unit) / 10));
    return shown.text.replace(".0", "");
  }

  function signed(bytes) {
    return bytes ? (bytes < 0 ? "−" : "+") + size(Math.abs(bytes)) : "0B";
  }

  function share(part, whole) {
    if (!whole || !part) return "0%";
    var percent = (100 * part) / whole;
    return percent < 1 ? "<1%" : (part < whole ? Math.min(Math.round(percent), 99) : 100) + "%";
  }

  function classOf(bytes) {
    var found = data.classes[0][1];
    data.classes.forEach(function (each) { if (bytes >= each[0]) found = each[1]; });
    return found;
  }

  // The page: header, numbers, picture, table, report.

  var root = document.documentElement;
  var body = document.body;

  function theme(name) {
    if (name) root.setAttribute("data-theme", name);
    try {
      if (name) localStorage.setItem("slugtrim-theme", name);
      return localStorage.getItem("slugtrim-theme");
    } catch (error) {
      return name; // a file may not keep anything
    }
  }

  function isDark() {
    var chosen = root.getAttribute("data-theme");
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  var kept = theme();
  if (kept === "dark" || kept === "light") root.setAttribute("data-theme", kept);

  var themeButton = make("button", { type: "button", class: "quiet", onclick: function () {
    theme(isDark() ? "light" : "dark");
    themeButton.textContent = isDark() ? "Light" : "Dark";
  } }, isDark() ? "Light" : "Dark");
  themeButton.setAttribute("aria-label", "Switch between light and dark colours");

  var KINDS = {
    audit: "Audit", suggest: "Suggestions", check: "Check", inspect: "Compiled slug", diff: "Comparison", history: "History"
  };
  var announcer = make("p", { class: "hidden", role: "status", "aria-live": "polite" });
  var main = make("main", {});
  body.appendChild(make("header", { class: "top" },
    make("div", { class: "brand" }, make("span", { class: "logo", "aria-hidden": "true" }), "slugtrim"),
    make("div", { class: "names" },
      make("h1", {}, make("bdi", {}, data.title)),
      make("p", { class: "about" }, data.about.indexOf(KINDS[data.kind]) === 0 ? null : KINDS[data.kind] + " · ", make("bdi", {}, data.about))),
    themeButton));
  body.appendChild(main);
  main.appendChild(announcer);

  function say(text) { announcer.textContent = text; }

  // Numbers above the picture. They move when a suggestion is switched on.

  var head = data.head;
  var chosen = data.entries ? data.entries.map(function () { return false; }) : [];
  var numbers = null;
  if (head) {
    numbers = make("section", { class: "numbers", "aria-label": "Size" });
    main.appendChild(numbers);
  }

  function chosenSum(key) {
    return (data.entries || []).reduce(function (sum, entry, index) { return sum + (chosen[index] ? entry[key] : 0); }, 0);
  }

  function showNumbers() {
    if (!head) return;
    var saved = chosenSum("saves"), now = head.bytes - saved;
    var class_ = classOf(now);
    var range = head.low !== head.high ? "likely " + size(head.low - saved) + " to " + size(head.high - saved) : null;
    var cards = [make("div", { class: "card main" },
      make("p", { class: "label" }, data.kind === "diff" ? "After" : data.kind === "history" ? "Latest" :
        data.kind === "inspect" ? "Compiled slug" : head.bytes === head.source_bytes ? "Source slug, compressed" : "Compiled slug, with buildpacks"),
      make("p", { class: "big" }, make("span", { id: "size", "data-bytes": now }, (range ? "≈ " : "") + size(now)), " ",
        make("span", { class: "chip " + class_, id: "class" }, class_)),
      make("p", { class: "small" }, saved ? "saves " + size(saved) + " of " + size(head.bytes) : range || now.toLocaleString("en-US") + " bytes"))];
    if (head.bytes !== head.source_bytes) {
      cards.push(card("Your code, compressed", size(head.source_bytes - saved), count(head.source_bytes - saved, "byte")));
    }
    if (head.before_bytes !== undefined) {
      var grown = now - head.before_bytes;
      cards.push(card(data.kind === "history" ? "Since the first" : data.kind === "diff" ? "Difference" : "Since the base",
        signed(grown), "before: " + size(head.before_bytes) + (data.kind === "diff" && head.rest_bytes ? "; " + signed(head.rest_bytes) + " by how the rest packs" : "")));
    }
    if (head.files) cards.push(card("Files", (head.files - chosenSum("files")).toLocaleString("en-US"), size(head.raw_bytes - chosenSum("raw")) + " raw"));
    put(numbers, make("div", { class: "cards" }, cards), (head.gauges || []).length ? gauges(saved) : null);
  }

  function card(label, value, small) {
    return make("div", { class: "card" }, make("p", { class: "label" }, label), make("p", { class: "value" }, value), make("p", { class: "small" }, small));
  }

  // What a limit is about, without what is switched on.
  function usedOf(gauge, saved) {
    if (!saved && !chosenSum("files")) return gauge.used;
    if (gauge.moves === "never") return gauge.used;
    if (gauge.moves === "files") return gauge.used - chosenSum("files");
    if (gauge.moves === "largest") return tree.raw.reduce(function (most, raw, file) { return state[file] === KEPT || state[file] === SUGGESTED ? Math.max(most, raw) : most; }, 0);
    if (gauge.moves !== "paths") return gauge.used - saved;
    var used = gauge.used;
    each(gauge.runs || [], function (file) { if (state[file] === CHOSEN) used -= tree.packed[file]; });
    return Math.max(0, used);
  }

  function gauges(saved) {
    return make("ul", { class: "gauges", "aria-label": "Limits" }, head.gauges.map(function (gauge) {
      var used = usedOf(gauge, saved);
      var shown = gauge.moves === "files" ? function (number) { return number.toLocaleString("en-US"); } : size;
      var over = used > gauge.limit;
      var bar = make("span", { class: "bar" + (over ? " over" : used > 0.9 * gauge.limit ? " near" : ""), "aria-hidden": "true" });
      bar.style.setProperty("--part", Math.max(0, Math.min(100, (100 * used) / Math.max(1, gauge.limit))) + "%");
      return make("li", {}, make("span", { class: "gauge-name" }, gauge.name), bar,
        make("span", { class: "gauge-text", "data-used": used }, shown(used) + " of " + shown(gauge.limit), over ? make("strong", {}, " over") : null,
          gauge.moves === "never" && saved ? make("span", { class: "unmoved" }, "no rule changes it") : null));
    }));
  }

  // The tree: columns of numbers, a node for each file and directory, directories before what is in them.

  var tree = data.tree;
  var isDiff = data.kind === "diff";
  var N = 0, parent, end, fileAt, nodeOf, fate, state, entryOf, reasonOf, sums, lowered = [];
  var before = null, lineOf, gradeOf; // of files: what a deploy comes from, if that is known
  var FIELDS = ["packed", "raw", "files", "outPacked", "outRaw", "outFiles"];
  var KEPT = 0, OUT = 1, COMPILER = 2, SUGGESTED = 3, CHOSEN = 4, GROUP = 5;
  var STATE_NAMES = ["kept", "left out", "removed by the compiler", "suggested", "left out by your choice", "kept"];
  var STATE_CLASSES = ["kept", "out", "compiler", "suggested", "chosen", "group"];
  var CHANGES = {
    added: ["added", "+", "added"], "let-in": ["let in", "+", "added"], removed: ["removed", "×", "removed"],
    "left-out": ["left out", "×", "removed"], grew: ["grew", "▲", "grew"], shrank: ["shrank", "▼", "shrank"],
    changed: ["changed", "=", "changed"], moved: ["moved", "→", "changed"], unread: ["not comparable", "?", "changed"]
  };

  function each(runs, visit) {
    for (var at = 0; at < runs.length; at += 2) for (var step = 0; step < runs[at + 1]; step++) visit(runs[at] + step);
  }

  function plant() {
    N = tree.names.length;
    parent = new Int32Array(N).fill(-1);
    end = new Int32Array(N);
    fileAt = new Int32Array(N).fill(-1);
    nodeOf = new Int32Array(tree.raw.length);
    var open = [], left = [], files = 0;
    for (var node = 0; node < N; node++) {
      while (left.length && left[left.length - 1] === 0) { end[open.pop()] = node; left.pop(); }
      if (open.length) { parent[node] = open[open.length - 1]; left[left.length - 1]--; }
      if (tree.counts[node] || node === 0) { open.push(node); left.push(tree.counts[node]); }
      else { fileAt[node] = files; nodeOf[files++] = node; end[node] = node + 1; }
    }
    while (open.length) end[open.pop()] = N;
    fate = new Uint16Array(files);
    var next = 0;
    for (var at = 0; at < (tree.runs || []).length; at += 2)
      for (var step = 0; step < tree.runs[at + 1]; step++) fate[next++] = tree.runs[at];
    state = new Uint8Array(files);
    entryOf = new Int32Array(files).fill(-1);
    reasonOf = new Int32Array(files).fill(-1);
    (data.entries || []).forEach(function (entry, index) { each(entry.runs, function (file) { entryOf[file] = index; }); });
    (data.reasons || []).forEach(function (reason, index) { each(reason.runs, function (file) { reasonOf[file] = index; }); });
    if (tree.steps) {
      before = new Int32Array(files);
      lineOf = new Int32Array(files);
      gradeOf = new Uint8Array(files);
      for (var from = 0, file = 0; from < tree.steps.length; from += 4) {
        for (var last = file + tree.steps[from + 3]; file < last; file++) {
          gradeOf[file] = tree.steps[from];
          before[file] = tree.steps[from + 1];
          lineOf[file] = tree.steps[from + 2];
        }
      }
    }
    sums = {};
    FIELDS.concat(["weight"]).forEach(function (field) { sums[field] = new Float64Array(N); });
    addUp();
  }

  var STATES = { kept: KEPT, "left-out": OUT, compiler: COMPILER, group: GROUP };

  // Sums of every directory: a pass from the end, since what is in a directory comes after it.
  function addUp() {
    FIELDS.concat(["weight"]).forEach(function (field) { sums[field].fill(0); });
    for (var file = 0; file < state.length; file++) {
      var node = nodeOf[file];
      if (isDiff) {
        sums.packed[node] = tree.packed[file] - tree.packed_before[file];
        sums.raw[node] = tree.raw[file] - tree.raw_before[file];
        sums.files[node] = 1;
        continue;
      }
      var kind = STATES[tree.fates[fate[file]][0]];
      if (kind === KEPT && entryOf[file] >= 0) kind = chosen[entryOf[file]] ? CHOSEN : SUGGESTED;
      state[file] = kind;
      var out = kind === OUT || kind === COMPILER || kind === CHOSEN;
      sums[out ? "outPacked" : "packed"][node] = tree.packed[file];
      sums[out ? "outRaw" : "raw"][node] = tree.raw[file];
      sums[out ? "outFiles" : "files"][node] = 1;
    }
    weigh();
    FIELDS.forEach(function (field) {
      var column = sums[field];
      for (var node = N - 1; node > 0; node--) column[parent[node]] += column[node];
    });
  }

  // What the area of a tile stands for, by the switches: of a comparison the change without its sign.
  function weigh() {
    var column = sums.weight.fill(0);
    var field = view.raw ? "raw" : "packed", out = view.raw ? "outRaw" : "outPacked";
    for (var file = 0; file < state.length; file++) {
      var node = nodeOf[file];
      if (view.only && view.found && !view.found[node]) continue;
      column[node] = isDiff ? Math.abs(sums[field][node]) : sums[field][node] + (view.out ? sums[out][node] : 0);
    }
    for (var at = N - 1; at > 0; at--) column[parent[at]] += column[at];
  }

  function pathOf(node, from) {
    var names = [];
    for (var at = node; at > 0 && at !== from; at = parent[at]) names.push(tree.names[at]);
    return names.reverse().join("/") + (tree.counts[node] ? "/" : "");
  }

  function fateOf(node) { return tree.fates[fate[fileAt[node]]]; }

  // Colours of groups go round; from the eighth on they have stripes as well.
  var groups = [];
  function groupOf(node) {
    var name = fateOf(node)[1];
    var index = groups.indexOf(name);
    return index < 0 ? groups.push(name) - 1 : index;
  }

  // A directory that is not opened looks like most of what is in it.
  function dominant(node) {
    var weights = {}, most = "folder";
    for (var at = node + 1; at < end[node]; at++) {
      if (fileAt[at] < 0) continue;
      var look = lookOf(at);
      weights[look] = (weights[look] || 0) + sums.weight[at];
      if (most === "folder" || weights[look] > weights[most]) most = look;
    }
    return most;
  }

  function lookOf(node) {
    if (fileAt[node] < 0) return dominant(node) + " folder";
    var kind = state[fileAt[node]], tone = shades && shades[fileAt[node]] ? " s" + shades[fileAt[node]] : "";
    if (isDiff) return CHANGES[fateOf(node)[0]][2] + tone;
    return kind === GROUP ? "group g" + (groupOf(node) % 8) + (groupOf(node) > 7 ? " striped" : "") + tone : STATE_CLASSES[kind];
  }

  // What has one colour gets shades of it, by the directories that it divides into where the view is.
  var SHADES = isDiff ? 2 : 4, shades = null;

  function shade() {
    if (!isDiff && data.kind !== "inspect") return;
    var families = {}, mass = new Float64Array(N);
    shades = new Uint8Array(state.length);
    for (var node = view.root; node < end[view.root]; node++) {
      if (fileAt[node] < 0 || !sums.weight[node]) continue;
      var name = isDiff ? CHANGES[fateOf(node)[0]][2] : fateOf(node)[1];
      (families[name] = families[name] || []).push(node);
    }
    Object.keys(families).forEach(function (name) {
      mass.fill(0, view.root, end[view.root]);
      families[name].forEach(function (node) { mass[node] = sums.weight[node]; });
      for (var at = end[view.root] - 1; at > view.root; at--) mass[parent[at]] += mass[at];
      var branches = divide(mass);
      branches.forEach(function (branch, rank) {
        for (var at = branch; at < end[branch]; at++) if (fileAt[at] >= 0 && mass[at]) shades[fileAt[at]] = rank % SHADES;
      });
    });
  }

  // The branches of a weight, heaviest first: what holds more than half of it is divided further.
  function divide(mass) {
    var branches = [view.root], whole = mass[view.root];
    while (fileAt[branches[0]] < 0 && branches.length < 64 && (branches.length < 2 || mass[branches[0]] > whole / 2)) {
      var top = branches.shift();
      for (var child = top + 1; child < end[top]; child = end[child]) if (mass[child]) branches.push(child);
      branches.sort(function (a, b) { return mass[b] - mass[a]; });
    }
    return branches;
  }

  function wordOf(node) {
    if (fileAt[node] < 0) return common(node);
    if (isDiff) return CHANGES[fateOf(node)[0]][0];
    var kind = state[fileAt[node]];
    return kind === GROUP ? fateOf(node)[1] : STATE_NAMES[kind];
  }

  function isMoved(node) { return fileAt[node] >= 0 && !!data.moved && data.moved[fileAt[node]] !== undefined; }

  // What a directory is, if all of it is the same.
  function common(node) {
    var word = "";
    for (var at = node + 1; at < end[node]; at++) {
      if (fileAt[at] < 0) continue;
      if (word && wordOf(at) !== word) return "";
      word = wordOf(at);
    }
    return word;
  }

  // How a deploy comes to a file: the entry point, and each file that names the next one.
  var GRADES = ["The deploy uses it: ", "Only the build uses it: ", "The deploy runs without it: ", "Only development names it: "];

  function wayTo(file) {
    if (!before) return ["Not known what uses it: slugtrim explain shows that."];
    if (before[file] === -2) return ["Nothing that runs is known to name it, and no suggestion covers it."];
    var steps = [pathOf(nodeOf[file])], seen = {}, at = file, more = [];
    for (; before[at] >= 0 && !seen[at]; at = before[at]) {
      seen[at] = true;
      steps.unshift(pathOf(nodeOf[before[at]]) + (lineOf[at] ? ":" + lineOf[at] : ""));
    }
    var start = before[at] === -1 ? tree.starts[lineOf[at]] : ["", ""];
    if (start[0]) steps.unshift((start[0] + " " + start[1]).trim());
    else if (at === file) return [start[1]];
    else if (start[1]) more.push(pathOf(nodeOf[at]) + ": " + start[1]);
    if (steps.length > MAX_STEPS) steps.splice(2, steps.length - MAX_STEPS, "…");
    return [GRADES[gradeOf[file]] + steps.join(" → ")].concat(more);
  }

  // Why: the rule, the suggestion, the change.
  function whyOf(node) {
    var file = fileAt[node], lines = [];
    if (file < 0) return lines;
    var it = fateOf(node);
    if (it[2]) lines.push(".slugignore:" + it[2] + ": " + it[1]);
    if (it[3]) lines.push(isDiff ? it[3] : "package " + it[3]);
    if (it[0] === "compiler") lines.push("The slug compiler deletes it before any rule.");
    var entry = data.entries && data.entries[entryOf[file]], reason = data.reasons && data.reasons[reasonOf[file]];
    if (entry) lines = lines.concat("Suggested entry " + entry.pattern + " (" + entry.tier + "): " + entry.reason, entry.lines);
    else if (reason) lines = lines.concat("Stays, though its kind is often left out: " + reason.reason, reason.lines);
    if (it[0] === "kept" && (!entry && !reason || before && before[file] !== -2)) lines = lines.concat(wayTo(file));
    if (isMoved(node)) lines.push("before: " + data.moved[file]);
    return lines;
  }

  function figuresOf(node) {
    if (isDiff) {
      var file = fileAt[node];
      if (file < 0) return [["Difference", signed(sums.packed[node])], ["Raw", signed(sums.raw[node])], ["Changed files", sums.files[node].toLocaleString("en-US")]];
      return [["Before", size(tree.packed_before[file])], ["After", size(tree.packed[file])],
        ["Difference", signed(sums.packed[node])], ["Raw", signed(sums.raw[node])]];
    }
    var figures = [];
    if (sums.files[node] || !sums.outFiles[node]) {
      figures.push(["Compressed", size(sums.packed[node])], ["Share", share(sums.packed[node], sums.packed[0])], ["Raw", size(sums.raw[node])]);
    }
    if (sums.outPacked[node]) figures.push(["Left out", "~" + size(sums.outPacked[node])]);
    if (sums.outFiles[node]) figures.push(["Left out, raw", size(sums.outRaw[node])]);
    if (fileAt[node] < 0) figures.push(["Files", sums.files[node].toLocaleString("en-US") + (sums.outFiles[node] ? " and " + sums.outFiles[node].toLocaleString("en-US") + " left out" : "")]);
    return figures;
  }

  // The view: where it stands, and what the switches say.

  var view = { root: 0, raw: false, out: true, query: "", found: null, only: false, flat: isDiff, rows: ROWS, sort: 1, down: true, focus: -1 };
  var mapBox, crumbs, svg, tip, details, tableBox, counter, onlyBox, tiles = [];

  function build() {
    plant();
    var search = make("input", { type: "search", id: "search", placeholder: "Search paths", "aria-label": "Search paths", autocomplete: "off", spellcheck: "false", oninput: later(function () { find(search.value); }) });
    counter = make("span", { class: "counter", id: "found" });
    onlyBox = toggle("Only matches", false, function (on) { view.only = on; weigh(); show(); });
    crumbs = make("nav", { class: "crumbs", "aria-label": "Directory" });
    var hasOut = !isDiff && state.some(function (kind) { return kind === OUT || kind === COMPILER; });
    var measures = segmented("Size", ["Compressed", "Raw"], function (index) { view.raw = index === 1; weigh(); show(); });
    svg = draw("svg", { class: "map", role: "group", "aria-label": "Map. Arrow keys move, Enter opens a directory, Backspace goes up.", onkeydown: key, onclick: click, onmousemove: hover, onmouseleave: unhover, onfocusin: focused });
    tip = make("div", { class: "tip", "aria-hidden": "true" });
    mapBox = make("div", { class: "map-box" }, svg, tip);
    details = make("section", { class: "details panel", "aria-label": "Details", tabindex: 0 });
    tableBox = make("div", { class: "table-box" });
    var picture = make("section", { class: "picture", "aria-label": "Map" },
      crumbs, mapBox, legend());
    var tools = make("div", { class: "tools" }, search, counter, onlyBox, measures,
      hasOut || (data.entries || []).length ? toggle("Show left out", true, function (on) { view.out = on; weigh(); show(); }) : null);
    var side = make("aside", { class: "side", "aria-label": "Details and suggestions" }, details, (data.entries || []).length ? suggestions() : null);
    var table = make("section", { class: "listing", "aria-label": "Table" }, tableBox);
    var columns = make("div", { class: "columns" + (isDiff ? " diff" : "") }, picture, side);
    if (isDiff) {
      columns.hidden = true;
      tools.insertBefore(segmented("View", ["Table", "Map"], function (index) { columns.hidden = index === 0; if (index) { drawMap(); } }), tools.firstChild);
    }
    fill(main, {}, [tools, columns, table]);
    document.addEventListener("keydown", function (event) {
      if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) { search.focus(); event.preventDefault(); }
    });
    var width = 0;
    new ResizeObserver(function () { if (mapBox.clientWidth !== width) { width = mapBox.clientWidth; drawMap(); } }).observe(mapBox);
    show();
    detail(0);
  }

  function later(act) {
    var timer = 0;
    return function () { clearTimeout(timer); timer = setTimeout(act, 120); };
  }

  function toggle(label, on, act) {
    var box = make("input", { type: "checkbox", onchange: function () { act(box.checked); } });
    box.checked = on;
    return make("label", { class: "toggle" }, box, label);
  }

  function segmented(name, labels, act) {
    var buttons = labels.map(function (label, index) {
      return make("button", { type: "button", "aria-pressed": String(index === 0), onclick: function () {
        buttons.forEach(function (button, other) { button.setAttribute("aria-pressed", String(other === index)); });
        act(index);
      } }, label);
    });
    return make("div", { class: "segmented", role: "group", "aria-label": name }, buttons);
  }

  function show() {
    drawMap();
    showCrumbs();
    showTable();
  }

  function go(node, focus) {
    view.root = node;
    view.rows = ROWS;
    show();
    detail(node);
    say((node ? pathOf(node) : "the whole slug") + ", " + (isDiff ? signed(sums.packed[node]) : size(sums.packed[node])));
    if (focus) { var tile = svg.querySelector("[data-node='" + focus + "']") || svg.querySelector(".tile"); if (tile) tile.focus(); }
  }

  function showCrumbs() {
    var chain = [];
    for (var at = view.root; at >= 0; at = parent[at]) chain.unshift(at);
    put(crumbs, make("ol", {}, chain.map(function (node, index) {
      var name = node ? tree.names[node] : "All files";
      var last = index === chain.length - 1;
      return make("li", {}, last ? make("span", { "aria-current": "location" }, make("bdi", {}, name)) :
        make("button", { type: "button", class: "link", onclick: function () { go(node); } }, make("bdi", {}, name)));
    })));
  }

  // The layout: the heaviest directories are opened first, until the picture has as many elements as it may.

  function layout(width, height) {
    var whole = sums.weight[view.root];
    if (!whole) return [];
    var area = width * height, budget = MAX_ELEMENTS / 2 - 20;
    var top = { node: view.root, weight: whole, depth: 0 }, queue = [top], used = 1;
    while (queue.length) {
      var item = pop(queue);
      var inside = [], folded = 0, number = 0, single = -1;
      for (var child = item.node + 1; child < end[item.node]; child = end[child]) {
        var weight = sums.weight[child];
        if (!weight) continue;
        if ((weight / whole) * area < 30) { folded += weight; number++; single = child; }
        else inside.push({ node: slide(child), from: item.node, weight: weight, depth: item.depth + 1 });
      }
      if (used + inside.length + 1 > budget) {
        // Not all of them fit: the heaviest do.
        inside.sort(function (a, b) { return b.weight - a.weight; });
        inside.splice(Math.max(0, budget - used - 1)).forEach(function (rest) { folded += rest.weight; number++; single = rest.node; });
      }
      if (!inside.length && item.depth) continue;
      used += inside.length;
      if (number === 1) inside.push({ node: single, from: item.node, weight: folded, depth: item.depth + 1 });
      else if (number) { inside.push({ node: -1, in: item.node, number: number, weight: folded, depth: item.depth + 1 }); used++; }
      item.children = inside;
      if (used >= budget) break;
      inside.forEach(function (each) {
        if (each.node >= 0 && tree.counts[each.node] && (each.weight / whole) * area > 1200) push(queue, each);
      });
    }
    var hierarchy = d3.hierarchy(top).sum(function (item) { return item.children ? 0 : item.weight; })
      .sort(function (a, b) { return b.value - a.value; });
    // Sizes are rounded after this: whether there is room for a name is decided once.
    d3.treemap().size([width, height]).round(true).paddingInner(1).paddingOuter(2).paddingTop(function (each) {
      each.data.titled = each.depth > 0 && each.x1 - each.x0 >= 38 && each.y1 - each.y0 >= 35;
      return each.data.titled ? 17 : 2;
    })(hierarchy);
    return hierarchy.descendants().slice(1).filter(function (each) { return each.x1 - each.x0 >= 1 && each.y1 - each.y0 >= 1; });
  }

  // A directory that holds nothing but one directory is shown as one with it.
  function slide(node) {
    for (;;) {
      var only = -1;
      for (var child = node + 1; child < end[node]; child = end[child]) {
        if (!sums.weight[child]) continue;
        if (only >= 0) return node;
        only = child;
      }
      if (only < 0 || fileAt[only] >= 0) return node;
      node = only;
    }
  }

  // A heap with the heaviest on top.
  function push(heap, item) {
    var at = heap.push(item) - 1;
    while (at) {
      var above = (at - 1) >> 1;
      if (heap[above].weight >= item.weight) break;
      heap[at] = heap[above];
      at = above;
    }
    heap[at] = item;
  }

  function pop(heap) {
    var first = heap[0], last = heap.pop(), at = 0;
    if (!heap.length) return first;
    for (;;) {
      var below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1].weight > heap[below].weight) below++;
      if (heap[below].weight <= last.weight) break;
      heap[at] = heap[below];
      at = below;
    }
    heap[at] = last;
    return first;
  }

  function drawMap() {
    var width = mapBox.clientWidth;
    if (!width) return;
    var height = Math.max(320, Math.min(Math.round(width * 0.62), innerHeight - 210));
    svg.setAttribute("viewBox", "0 0 " + width + " " + height);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    var held = svg.contains(document.activeElement) ? view.focus : -1;
    shade();
    empty(svg).appendChild(patterns());
    tiles = layout(width, height);
    if (!tiles.length) {
      svg.appendChild(draw("text", { x: width / 2, y: height / 2, class: "nothing", "text-anchor": "middle" }, view.only ? "No file matches" : "Nothing to show"));
      return;
    }
    tiles.forEach(function (tile, index) { drawTile(tile, index, index === 0); });
    if (held >= 0) focusTile(held);
  }

  function labelOf(node, item) {
    if (node < 0) return count(item.number, "smaller entry", "smaller entries") + " in " + (pathOf(item.in) || "the root") + ", " + size(item.weight);
    var word = wordOf(node);
    return pathOf(node) + ", " + (isDiff ? signed(sums.packed[node]) : sums.files[node] ? size(sums.packed[node]) : "~" + size(sums.outPacked[node])) + (word ? ", " + word : "");
  }

  function drawTile(tile, index, first) {
    var item = tile.data, node = item.node, w = tile.x1 - tile.x0, h = tile.y1 - tile.y0;
    var opened = !!tile.children;
    var look = node < 0 ? dominant(item.in) + " fold" : opened ? "frame" : lookOf(node);
    var dim = view.found && !(node >= 0 ? view.found[node] : anyFound(item));
    svg.appendChild(draw("rect", {
      x: tile.x0, y: tile.y0, width: w, height: h, rx: w > 8 && h > 8 ? 2 : 0, class: "tile " + look + (dim ? " dim" : view.found ? " hit" : ""),
      tabindex: first ? 0 : -1, role: "button", "aria-label": labelOf(node, item), "data-tile": index, "data-node": node
    }));
    if (opened ? !item.titled : w < 38 || h < 15) return;
    var most = Math.floor((w - 8) / 6.8);
    var name = node < 0 ? "… " + item.number.toLocaleString("en-US") + " smaller" : pathOf(node, item.from);
    var sign = node >= 0 && isDiff && !opened && fileAt[node] >= 0 ? CHANGES[fateOf(node)[0]][1] + " " : "";
    var text = sign + name, figure = isDiff && node >= 0 ? signed(sums.packed[node]) : size(item.weight);
    if (opened && text.length + figure.length + 2 <= most) text += "  " + figure;
    if (text.length > most) text = most > 3 ? text.slice(0, most - 1) + "…" : "";
    if (!text) return;
    var label = draw("text", { x: tile.x0 + 4, y: tile.y0 + 13, class: (opened ? "frame-label" : "label " + look) + (dim ? " dim" : "") }, text);
    if (!opened && h > 32 && figure.length <= most) label.appendChild(draw("tspan", { x: tile.x0 + 4, dy: 14, class: "figure" }, figure));
    svg.appendChild(label);
  }

  function anyFound(item) {
    for (var child = item.in + 1; child < end[item.in]; child = end[child]) if (view.found[child] && (sums.weight[child] / sums.weight[0]) < 0.01) return true;
    return false;
  }

  function patterns() {
    function stripes(id, angle, step, name) {
      return draw("pattern", { id: id, width: step, height: step, patternUnits: "userSpaceOnUse", patternTransform: "rotate(" + angle + ")" },
        draw("rect", { width: step, height: step, class: name + "-ground" }), draw("rect", { width: 1.6, height: step, class: name + "-line" }));
    }
    return draw("defs", {},
      stripes("hatch", 45, 6, "hatch"), stripes("cross", -45, 4, "cross"), stripes("choice", 45, 7, "choice"), stripes("removal", -45, 6, "removal"),
      draw("pattern", { id: "dots", width: 8, height: 8, patternUnits: "userSpaceOnUse" },
        draw("rect", { width: 8, height: 8, class: "dots-ground" }), draw("circle", { cx: 2, cy: 2, r: 1, class: "dots-line" })));
  }

  function legend() {
    var rows = [];
    function row(look, text) {
      rows.push(make("li", {}, draw("svg", { width: 18, height: 14, "aria-hidden": "true" }, draw("rect", { width: 18, height: 14, rx: 2, class: look })), text));
    }
    function tones(look, text) {
      var steps = Array.from({ length: SHADES }, function (_, tone) { return draw("rect", { x: 12 * tone, width: 12, height: 14, class: look + (tone ? " s" + tone : "") }); });
      rows.push(make("li", {}, draw("svg", { width: 12 * SHADES, height: 14, "aria-hidden": "true" }, steps), text));
    }
    if (isDiff) {
      var seen = {};
      (tree.fates || []).forEach(function (it) {
        var change = CHANGES[it[0]];
        if (!seen[change[2]]) { seen[change[2]] = true; row(change[2], change[1] + " " + change[0]); }
      });
      tones("added", "two shades: directories");
    } else if (data.kind === "inspect") {
      var weights = {};
      for (var file = 0; file < state.length; file++) weights[tree.fates[fate[file]][1]] = (weights[tree.fates[fate[file]][1]] || 0) + tree.packed[file];
      groups = Object.keys(weights).sort(function (a, b) { return weights[b] - weights[a]; });
      groups.forEach(function (name, index) { row("group g" + (index % 8) + (index > 7 ? " striped" : ""), name + " " + size(weights[name])); });
      tones("group g0", "shades: directories inside a group");
    } else {
      row("kept", "kept");
      if (state.some(function (kind) { return kind === OUT; })) row("out", "left out by .slugignore (estimated)");
      if (state.some(function (kind) { return kind === COMPILER; })) row("compiler", "removed by the slug compiler (raw only)");
      if ((data.entries || []).length) { row("suggested", "suggested"); row("chosen", "switched on"); }
    }
    return make("ul", { class: "legend", "aria-label": "Legend" }, rows);
  }

  // Mouse and keyboard.

  function tileAt(event) {
    var index = event.target.getAttribute && event.target.getAttribute("data-tile");
    return index === null || index === undefined ? null : tiles[index];
  }

  function open(tile) {
    var item = tile.data;
    if (item.node < 0) { if (item.in !== view.root) go(item.in, "first"); else { view.flat = false; showTable(); tableBox.scrollIntoView({ block: "start" }); } }
    else if (tree.counts[item.node]) go(item.node, "first");
    else if (parent[item.node] !== view.root) go(parent[item.node], item.node);
  }

  function click(event) {
    var tile = tileAt(event);
    if (tile) open(tile);
  }

  function hover(event) {
    var tile = tileAt(event);
    if (!tile) { unhover(); return; }
    var node = tile.data.node;
    put(tip, make("strong", {}, make("bdi", {}, node < 0 ? count(tile.data.number, "smaller entry", "smaller entries") : pathOf(node))),
      node < 0 ? make("p", {}, size(tile.data.weight)) : figuresOf(node).map(function (figure) { return make("p", {}, figure[0] + ": " + figure[1]); }),
      node < 0 ? null : make("p", { class: "word" }, wordOf(node)));
    tip.classList.add("on");
    var box = mapBox.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    tip.style.left = (x > box.width / 2 ? Math.max(0, x - tip.offsetWidth - 14) : x + 14) + "px";
    tip.style.top = Math.max(0, y > box.height / 2 ? y - tip.offsetHeight - 10 : y + 14) + "px";
    detail(node < 0 ? tile.data.in : node);
  }

  function unhover() { tip.classList.remove("on"); }

  function focused(event) {
    var tile = tileAt(event);
    if (!tile) return;
    var before = svg.querySelector("[tabindex='0']");
    if (before) before.setAttribute("tabindex", -1);
    event.target.setAttribute("tabindex", 0);
    view.focus = Number(event.target.getAttribute("data-tile"));
    detail(tile.data.node < 0 ? tile.data.in : tile.data.node);
  }

  function focusTile(index) {
    var tile = svg.querySelector("[data-tile='" + index + "']");
    if (tile) tile.focus();
  }

  function key(event) {
    var tile = tileAt(event), to = null;
    if (!tile) return;
    var row = tile.parent.children, at = row.indexOf(tile);
    if (event.key === "ArrowRight") to = row[at + 1];
    else if (event.key === "ArrowLeft") to = row[at - 1];
    else if (event.key === "ArrowDown") to = tile.children ? tile.children[0] : row[at + 1];
    else if (event.key === "ArrowUp") to = tile.parent.depth ? tile.parent : row[at - 1];
    else if (event.key === "Home") to = tiles[0];
    else if (event.key === "Enter" || event.key === " ") open(tile);
    else if (event.key === "Backspace" || event.key === "Escape") { if (view.root) go(parent[view.root], view.root); }
    else return;
    event.preventDefault();
    if (to) focusTile(tiles.indexOf(to));
  }

  var shownDetail = -1;
  function detail(node) {
    if (shownDetail === node && node) return;
    shownDetail = node;
    put(details, make("h2", {}, "Details"),
      make("p", { class: "path" }, make("bdi", {}, node ? pathOf(node) : "All files")),
      make("dl", {}, figuresOf(node).map(function (figure) { return make("div", {}, make("dt", {}, figure[0]), make("dd", {}, figure[1])); })),
      wordOf(node) ? make("p", { class: "word" }, wordOf(node)) : null,
      make("ul", { class: "why" }, whyOf(node).map(function (line) { return make("li", {}, make("bdi", {}, line)); })));
  }

  // Search: marks what matches, and every directory above it.

  function find(query) {
    view.query = query;
    view.rows = ROWS;
    var words = query.toLowerCase();
    if (!words) {
      view.found = null;
      counter.textContent = "";
    } else {
      if (!lowered.length) {
        lowered = new Array(N);
        lowered[0] = "";
        for (var node = 1; node < N; node++) lowered[node] = (parent[node] ? lowered[parent[node]] + "/" : "") + tree.names[node].toLowerCase();
      }
      var found = new Uint8Array(N), files = 0, bytes = 0;
      for (var at = N - 1; at > 0; at--) {
        if (fileAt[at] >= 0 && lowered[at].indexOf(words) >= 0) { found[at] = 1; files++; bytes += sums.packed[at]; }
        if (found[at]) found[parent[at]] = 1;
      }
      view.found = found;
      counter.textContent = count(files, "file") + ", " + (isDiff ? signed(bytes) : size(bytes));
      counter.setAttribute("data-bytes", bytes);
      say(counter.textContent);
    }
    if (view.only) weigh();
    drawMap();
    showTable();
  }

  // The table under the picture: what is in the directory, or all files that match.

  function showTable() {
    var isFlat = view.flat || !!view.found, list = [];
    if (isFlat) {
      for (var node = view.root + 1; node < end[view.root]; node++) if (fileAt[node] >= 0 && (!view.found || view.found[node])) list.push(node);
    } else for (var child = view.root + 1; child < end[view.root]; child = end[child]) list.push(child);
    var columns = isDiff ? [
      ["Path", function (node) { return pathOf(node, view.root); }],
      ["Change", function (node) { return wordOf(node) + (isMoved(node) ? " from " + data.moved[fileAt[node]] : ""); }],
      ["Difference", function (node) { return sums.packed[node]; }, function (node) { return signed(sums.packed[node]); }, true],
      ["Before", function (node) { return tree.packed_before[fileAt[node]] || 0; }, null, true],
      ["After", function (node) { return tree.packed[fileAt[node]] || 0; }, null, true],
      ["Raw", function (node) { return sums.raw[node]; }, function (node) { return signed(sums.raw[node]); }, true]
    ] : [
      ["Path", function (node) { return pathOf(node, view.root); }],
      ["Compressed", function (node) { return sums.packed[node]; }, null, true],
      ["Share", function (node) { return sums.packed[node]; }, bar, true],
      ["Raw", function (node) { return sums.raw[node]; }, null, true],
      ["Files", function (node) { return sums.files[node]; }, function (node) { return sums.files[node].toLocaleString("en-US"); }, true],
      ["Left out", function (node) { return sums.outPacked[node]; }, function (node) { return sums.outFiles[node] ? "~" + size(sums.outPacked[node]) : ""; }, true],
      [data.kind === "inspect" ? "Group" : "State", wordOf]
    ];
    if (!isDiff && !sums.outFiles[0]) columns.splice(5, 1);
    if (!isDiff && isFlat) columns.splice(4, 1);
    if (isDiff && view.sort === 1) view.sort = 2;
    var value = columns[Math.min(view.sort, columns.length - 1)][1];
    var values = new Map();
    list.forEach(function (node) { var v = value(node); values.set(node, isDiff && typeof v === "number" ? Math.abs(v) : v); });
    list.sort(function (a, b) {
      var x = values.get(a), y = values.get(b);
      return (x < y ? -1 : x > y ? 1 : 0) * (view.down ? -1 : 1) || a - b;
    });
    var rows = list.slice(0, view.rows).map(function (node) {
      var directory = fileAt[node] < 0;
      return make("tr", { "data-node": node }, columns.map(function (column, index) {
        if (!index) {
          var name = make("bdi", {}, pathOf(node, view.root));
          return make("th", { scope: "row", class: "path" }, directory ?
            make("button", { type: "button", class: "link", onclick: function () { go(node); crumbs.scrollIntoView({ block: "nearest" }); } }, name) : name);
        }
        var shown = column[2] ? column[2](node) : column[3] ? size(column[1](node)) : column[1](node);
        return make("td", { class: column[3] ? "figures" : "state" },
          !column[3] && shown ? swatch(node) : null, shown);
      }));
    });
    var headers = columns.map(function (column, index) {
      var sorted = view.sort === index;
      return make("th", { scope: "col", class: column[3] ? "figures" : null, "aria-sort": sorted ? (view.down ? "descending" : "ascending") : null },
        make("button", { type: "button", class: "sorter", onclick: function () {
          view.down = sorted ? !view.down : index > 0 && !!column[3];
          view.sort = index;
          showTable();
        } }, column[0], make("span", { "aria-hidden": "true" }, sorted ? (view.down ? " ↓" : " ↑") : "")));
    });
    var where = view.root ? pathOf(view.root) : isDiff ? "All changes" : "All files";
    put(tableBox,
      make("div", { class: "table-head" }, make("h2", {}, make("bdi", {}, where), view.found ? " that match" : ""),
        isDiff || view.found ? null : toggle("Every file", view.flat, function (on) { view.flat = on; view.rows = ROWS; showTable(); })),
      make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Rows of the table" }, make("table", { class: "files" }, make("thead", {}, make("tr", {}, headers)), make("tbody", {}, rows))),
      list.length > view.rows ? make("button", { type: "button", class: "more", onclick: function () { view.rows += 1000; showTable(); } },
        "Show more (" + (list.length - view.rows).toLocaleString("en-US") + " left)") : null);
  }

  function swatch(node) {
    return draw("svg", { width: 12, height: 12, "aria-hidden": "true" }, draw("rect", { width: 12, height: 12, rx: 2, class: lookOf(node) }));
  }

  function bar(node) {
    var part = make("span", { class: "share" }, share(sums.packed[node], sums.packed[0]));
    part.style.setProperty("--part", (100 * sums.packed[node]) / Math.max(1, sums.packed[0]) + "%");
    return part;
  }

  // Suggestions, each with a switch, and the lines that they amount to.

  function suggestions() {
    var boxes = [];
    var lines = make("textarea", { readonly: true, rows: 3, id: "lines", "aria-label": "Lines for .slugignore", spellcheck: "false" });
    var copied = make("button", { type: "button", disabled: true, onclick: function () {
      lines.focus();
      lines.select();
      var done = function () { copied.textContent = "Copied"; setTimeout(function () { copied.textContent = "Copy lines"; }, 1500); };
      if (navigator.clipboard) navigator.clipboard.writeText(lines.value).then(done, function () { if (document.execCommand("copy")) done(); });
      else if (document.execCommand("copy")) done();
    } }, "Copy lines");
    var note = make("p", { class: "small" });

    function changed() {
      var on = data.entries.filter(function (entry, index) { return chosen[index]; });
      lines.value = on.filter(function (entry) { return entry.is_copied; }).map(function (entry) { return entry.pattern + "\n"; }).join("");
      lines.rows = Math.max(3, Math.min(10, on.length + 1));
      copied.disabled = !on.length;
      note.textContent = on.some(function (entry) { return !entry.is_copied; }) ? "A name that is not UTF-8 can't be copied: slugtrim suggest --write adds it." : "";
      addUp();
      showNumbers();
      show();
      shownDetail = -1;
      detail(view.root);
      say(size(head.bytes - chosenSum("saves")) + ", " + classOf(head.bytes - chosenSum("saves")));
    }

    function all(test) {
      data.entries.forEach(function (entry, index) { chosen[index] = boxes[index].checked = test(entry); });
      changed();
    }

    var order = data.entries.map(function (entry, index) { return index; }).sort(function (a, b) { return data.entries[b].saves - data.entries[a].saves; });
    var list = order.map(function (index) {
      var entry = data.entries[index];
      var box = boxes[index] = make("input", { type: "checkbox", onchange: function () { chosen[index] = box.checked; changed(); } });
      return make("li", {}, make("label", {}, box, make("span", { class: "entry" },
        make("code", {}, make("bdi", {}, entry.pattern)), make("span", { class: "saves" }, "−" + size(entry.saves))),
        make("span", { class: "small" }, entry.tier, " · ", count(entry.files, "file"), " · ", make("bdi", {}, entry.reason))));
    });
    return make("section", { class: "panel suggestions", "aria-label": "Suggestions" },
      make("div", { class: "table-head" }, make("h2", {}, "Suggestions"),
        make("span", {}, make("button", { type: "button", class: "link", onclick: function () { all(function (entry) { return entry.tier === "safe"; }); } }, "all safe"), " · ",
          make("button", { type: "button", class: "link", onclick: function () { all(function () { return false; }); } }, "none"))),
      make("ul", { class: "entries", tabindex: 0, "aria-label": "Suggested entries" }, list),
      make("h3", {}, "Lines for .slugignore"), lines, copied, note);
  }

  // A line of sizes along commits.

  function chart() {
    var points = data.chart, box = make("div", { class: "map-box chart-box" }), info = make("section", { class: "details panel", "aria-label": "Details", tabindex: 0 });
    var picture = make("section", { class: "picture", "aria-label": "Chart" }, box,
      make("ul", { class: "legend", "aria-label": "Legend" }, make("li", {}, swatchOf("circle", { cx: 7, cy: 7, r: 4, class: "point" }), "predicted source slug"),
        points.some(function (point) { return point.recorded !== undefined; }) ? make("li", {}, swatchOf("rect", { x: 3, y: 3, width: 8, height: 8, class: "recorded" }), "recorded build") : null,
        make("li", {}, "Arrow keys go from commit to commit.")));

    function swatchOf(name, attributes) { return draw("svg", { width: 14, height: 14, class: "chart", "aria-hidden": "true" }, draw(name, attributes)); }

    main.appendChild(make("div", { class: "columns" }, picture, make("aside", { class: "side", "aria-label": "Details of a commit" }, info)));
    // Of a long history only the commits that changed the size have a mark.
    var marked = [], marks = {};
    points.forEach(function (point, index) {
      if (points.length <= 600 || point.grown || index === 0 || index === points.length - 1 || point.recorded !== undefined) marked.push(index);
    });
    marked = marked.length <= MAX_ELEMENTS - 200 ? marked : marked.filter(function (index, at) { return at % Math.ceil(marked.length / 2000) === 0; });
    var current = points.length - 1, rowsShown = ROWS;

    function select(index, focus) {
      if (marks[current]) { marks[current].setAttribute("tabindex", -1); marks[current].classList.remove("on"); }
      current = index;
      var point = points[current], mark = marks[current];
      if (mark) {
        mark.setAttribute("tabindex", 0);
        mark.classList.add("on");
        if (focus) mark.focus();
      }
      put(info, make("h2", {}, "Commit"),
        make("p", { class: "path" }, point.commit.slice(0, 10) + " · " + point.date), make("p", {}, make("bdi", {}, point.subject)),
        make("dl", {}, [["Compressed", size(point.bytes)], ["Change", signed(point.grown)]]
          .concat(point.recorded !== undefined ? [["Recorded build", size(point.recorded)]] : [], point.seconds !== undefined ? [["Start", point.seconds.toFixed(1) + " s"]] : [])
          .map(function (pair) { return make("div", {}, make("dt", {}, pair[0]), make("dd", {}, pair[1])); })),
        make("ul", { class: "why" }, (point.paths || []).map(function (each) { return make("li", {}, make("bdi", {}, each[0]), " " + signed(each[1])); })));
    }

    function render() {
      var width = box.clientWidth, height = Math.max(260, Math.min(420, Math.round(width * 0.42))), left = 66, bottom = 26, top = 14, right = 12;
      if (!width || !points.length) return;
      var lines = (data.head.gauges || []).map(function (gauge) { return [gauge.name, gauge.limit]; });
      data.classes.slice(1).forEach(function (each) { lines.push([each[1] + " from", each[0]]); });
      var values = points.map(function (point) { return Math.max(point.bytes, point.recorded || 0); });
      var least = Math.min.apply(null, points.map(function (point) { return Math.min(point.bytes, point.recorded === undefined ? point.bytes : point.recorded); })), most = Math.max.apply(null, values);
      lines = lines.filter(function (line) { return line[1] > least * 0.6 && line[1] < most * 1.35; });
      lines.forEach(function (line) { most = Math.max(most, line[1]); least = Math.min(least, line[1]); });
      var pad = Math.max((most - least) * 0.1, 512);
      least = Math.max(0, least - pad);
      most += pad;
      var x = function (index) { return left + (points.length > 1 ? (index / (points.length - 1)) : 0.5) * (width - left - right); };
      var y = function (bytes) { return top + (1 - (bytes - least) / (most - least)) * (height - top - bottom); };
      var svg = draw("svg", { class: "map chart", width: width, height: height, viewBox: "0 0 " + width + " " + height, role: "group", "aria-label": "Size along the commits" });
      var ticks = [0, 1, 2, 3, 4].map(function (step) { return Math.round(least + ((most - least) * step) / 4); });
      // Where sizes differ by less than a printed size shows, the axis has kilobytes, or bytes.
      var shown = [size, function (bytes) { return Math.round(bytes / 1024).toLocaleString("en-US") + "K"; }, function (bytes) { return bytes.toLocaleString("en-US"); }]
        .map(function (print) { return ticks.map(print); })
        .filter(function (labels, index) { return index === 2 || new Set(labels).size === ticks.length; })[0];
      left = Math.max(left, 14 + 6.6 * Math.max.apply(null, shown.map(function (label) { return label.length; })));
      for (var step = 0; step <= 4; step++) {
        var at = ticks[step];
        svg.appendChild(draw("line", { x1: left, x2: width - right, y1: y(at), y2: y(at), class: "grid" }));
        svg.appendChild(draw("text", { x: left - 6, y: y(at) + 4, "text-anchor": "end", class: "axis" }, shown[step]));
      }
      lines.forEach(function (line) {
        svg.appendChild(draw("line", { x1: left, x2: width - right, y1: y(line[1]), y2: y(line[1]), class: "limit" }));
        svg.appendChild(draw("text", { x: width - right - 4, y: y(line[1]) - 4, "text-anchor": "end", class: "axis" }, /\d/.test(line[0]) ? line[0] : line[0] + " " + size(line[1])));
      });
      [[0, "start"], [points.length - 1, "end"]].forEach(function (pair) {
        svg.appendChild(draw("text", { x: x(pair[0]), y: height - 8, "text-anchor": points.length > 1 ? pair[1] : "middle", class: "axis" }, points[pair[0]].date));
      });
      svg.appendChild(draw("path", { class: "line", d: points.map(function (point, index) { return (index ? "L" : "M") + x(index).toFixed(1) + "," + y(point.bytes).toFixed(1); }).join("") }));
      marks = {};
      marked.forEach(function (index) {
        var point = points[index];
        if (point.recorded !== undefined) svg.appendChild(draw("rect", { x: x(index) - 4, y: y(point.recorded) - 4, width: 8, height: 8, class: "recorded" }));
        marks[index] = svg.appendChild(draw("circle", {
          cx: x(index).toFixed(1), cy: y(point.bytes).toFixed(1), r: marked.length > 100 ? 2 : 4, class: marked.length > 100 ? "point dense" : "point", role: "button", tabindex: -1,
          "aria-label": point.date + " " + point.commit.slice(0, 10) + ", " + size(point.bytes) + ", " + signed(point.grown) + ": " + point.subject,
          onclick: function () { select(index); }, onfocus: function () { if (index !== current) select(index); }
        }));
      });
      svg.addEventListener("keydown", function (event) {
        var at = marked.indexOf(current);
        var to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: marked.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        if (marked[to] !== undefined) select(marked[to], true);
      });
      put(box, svg);
      select(current);
    }

    var width = 0;
    new ResizeObserver(function () { if (box.clientWidth !== width) { width = box.clientWidth; render(); } }).observe(box);
    var table = make("section", { class: "listing", "aria-label": "Table" });
    main.appendChild(table);
    showCommits();

    function showCommits() {
      var rows = [];
      for (var index = points.length - 1; index >= 0 && rows.length < rowsShown; index--) rows.push(rowOf(index));
      put(table, make("div", { class: "table-head" }, make("h2", {}, "Commits")),
        make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Rows of the table" }, make("table", { class: "files commits" },
          make("thead", {}, make("tr", {}, ["Date", "Commit", "Compressed", "Change", "Recorded build", "Subject"].map(function (title, index) {
            return make("th", { scope: "col", class: index > 1 && index < 5 ? "figures" : null }, title);
          }))), make("tbody", {}, rows))),
        points.length > rowsShown ? make("button", { type: "button", class: "more", onclick: function () { rowsShown += 1000; showCommits(); } },
          "Show more (" + (points.length - rowsShown).toLocaleString("en-US") + " left)") : null);
    }

    function rowOf(index) {
      var point = points[index];
      return make("tr", {}, make("td", { class: "figures" }, point.date), make("th", { scope: "row", class: "path" },
        make("button", { type: "button", class: "link", onclick: function () { select(index); picture.scrollIntoView({ block: "nearest" }); } }, point.commit.slice(0, 10))),
      make("td", { class: "figures" }, size(point.bytes)), make("td", { class: "figures" }, signed(point.grown)),
      make("td", { class: "figures" }, point.recorded !== undefined ? size(point.recorded) : ""), make("td", { class: "subject" }, make("bdi", {}, point.subject)));
    }
  }

  // The report that the terminal and Markdown have as well.

  function inline(parts) {
    return parts.map(function (part) {
      if (typeof part === "string") return part;
      return part[1] === "name" ? make("code", {}, make("bdi", {}, part[0])) : make("span", { class: "look-" + part[1] }, part[0]);
    });
  }

  function block(item) {
    switch (item[0]) {
      case "headline": return make("p", { class: "headline" }, inline(item[1]));
      case "paragraph": return make("p", {}, inline(item[1]));
      case "list": return make("ul", {}, item[1].map(function (line) { return make("li", {}, inline(line)); }));
      case "steps": return make("div", {}, make("h3", {}, "Next"), make("ul", {}, item[1].map(function (line) { return make("li", {}, inline(line)); })));
      case "callout": return make("p", { class: "callout look-" + item[2] }, inline(item[1]));
      case "verbatim": return make("pre", { tabindex: 0 }, item[1]);
      case "table": return make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table" }, make("table", {},
        item[1].some(function (title) { return title[0]; }) ? make("thead", {}, make("tr", {}, item[1].map(function (title) { return make(title[0] ? "th" : "td", { scope: title[0] ? "col" : null, class: title[1] }, title[0]); }))) : null,
        make("tbody", {}, item[2].map(function (row) {
          var cells = make("tr", {}, row[0].map(function (cell, index) { return make("td", { class: item[1][index][1] }, inline(cell)); }));
          return row[1].length ? [cells, make("tr", { class: "below" }, make("td", { colspan: row[0].length }, row[1].map(block)))] : cells;
        }))));
      case "section":
        if (!item[1]) return make("div", {}, item[3].map(block));
        var folded = make("details", {}, make("summary", {}, item[1]), item[3].map(block));
        folded.open = true;
        return folded;
      default: return null;
    }
  }

  showNumbers();
  if (tree && tree.raw.length) build();
  else if (data.chart && data.chart.length) chart();
  if (data.report.length) main.appendChild(make("section", { class: "report", "aria-label": "Report" }, make("h2", {}, "Report"), data.report.map(block)));
  body.appendChild(make("footer", {}, "slugtrim " + data.version + ". Sizes are 1024-based. Nothing on this page was loaded from a network."));
})();
