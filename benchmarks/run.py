#!/usr/bin/env python3
"""How fast, how exact and how frugal slugtrim is, against what a user would type instead.

usage: benchmarks/run.py [--rounds N] [--growth] [--slugs] [--json FILE] [REPOSITORY|SLUG...]

Takes real repositories (bare or not; they are only read) and prints a table of ratios for each. Without any it builds
an application of 5,000 files. --growth builds repositories of 1,000, 10,000 and 100,000 files and measures those.

A file is taken for a compiled slug, whose reading is held against `tar tzvf`. --slugs builds three: of 30 and of 300 MB
with the same number of files, which show whether memory follows the bytes, and one of 150,000 small files.

Every command is timed as a whole process. The commands of a round run one after the other, the rounds are repeated, and
medians are given, so that a busy machine weighs on all alike. Only ratios within one run mean anything.
"""

from __future__ import annotations

import argparse
import compileall
import io
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import slugtrim
from slugtrim.cli import COMMANDS
from slugtrim.hook.installation import script

SLUGTRIM = [sys.executable, "-m", "slugtrim"]
FLOOR = (
    f"{sys.executable} -c 'import click, subprocess' && "
    "git rev-parse HEAD >/dev/null && git rev-parse 'HEAD^{tree}' >/dev/null"
)
WHO = {f"GIT_{role}_{what}": "benchmark" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass
class Timing:
    """What the runs of one command took."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    """Of all its processes."""
    peak_bytes: int = 0
    output: bytes = b""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpu_seconds)

    def figures(self) -> dict[str, float]:
        return {"seconds": self.median, "cpu_seconds": self.cpu, "peak_bytes": self.peak_bytes}


@dataclass
class Subject:
    """A repository, in a scratch clone with a checkout beside it."""

    name: str
    bare: Path
    checkout: Path
    changed: str
    """A commit on top of HEAD in which one file differs."""
    changed_file: bytes
    head: str
    hook: Path
    """The pre-push hook, as it is installed."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", type=Path, metavar="REPOSITORY|SLUG")
    parser.add_argument("--rounds", type=int, default=5, help="how often each command runs (default: 5)")
    parser.add_argument("--growth", action="store_true", help="measure 1,000, 10,000 and 100,000 built files")
    parser.add_argument("--slugs", action="store_true", help="measure three built slugs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures of the repositories in this file")
    args = parser.parse_args()
    kept: dict[str, object] = {}
    # As an installed one is; PYTHONDONTWRITEBYTECODE would have each run of a source tree compile all it imports.
    compileall.compile_dir(os.path.dirname(slugtrim.__file__), quiet=1)
    with tempfile.TemporaryDirectory(prefix="slugtrim-benchmark-") as scratch:
        area = Path(scratch)
        slugs = [subject for subject in args.subjects if subject.is_file()]
        repositories = [subject for subject in args.subjects if not subject.is_file()]
        if args.growth:
            repositories += [build(area / f"built-{count}", count) for count in (1_000, 10_000, 100_000)]
        if args.slugs:
            sizes = {"built-30MB": (20_000, 5), "built-300MB": (20_000, 290), "built-150000": (150_000, 0)}
            slugs += [build_slug(area / f"{name}.tgz", *size) for name, size in sizes.items()]
        elif not repositories and not slugs:
            repositories = [build(area / "built-5000", 5_000)]
        for number, repository in enumerate(repositories):
            subject = prepare(repository, area / str(number))
            timings = report(subject, area / "cache", args.rounds)
            kept[subject.name] = {name: timing.figures() for name, timing in timings.items()}
        for slug in slugs:
            report_slug(slug, args.rounds)
    if args.json is not None:
        args.json.write_text(json.dumps(kept, indent=2) + "\n")
    return 0


def git(where: Path, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    settings = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "gc.auto=0", "maintenance.auto=false")
    command = ["git", "-C", str(where), *(word for setting in settings for word in ("-c", setting)), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, check=True, env={**os.environ, **(env or {})})
    return done.stdout


def prepare(repository: Path, area: Path) -> Subject:
    """A clone that borrows the objects, its files checked out, and a commit that changes one of them."""
    area.mkdir()
    bare, checkout = area / "clone.git", area / "checkout"
    source = Path(os.fsdecode(git(repository, "rev-parse", "--absolute-git-dir").strip()))
    git(area, "init", "-q", "--bare", str(bare))
    (bare / "objects" / "info" / "alternates").write_text(f"{source.resolve()}/objects\n")
    head = git(repository, "rev-parse", "HEAD").decode().strip()
    git(bare, "update-ref", "HEAD", head)
    checkout.mkdir()
    git(checkout, "init", "-q")
    (checkout / ".git/objects/info/alternates").write_text(f"{source.resolve()}/objects\n{bare}/objects\n")
    git(checkout, "update-ref", "HEAD", head)
    git(checkout, "read-tree", "HEAD")
    # A snapshot may lack a few objects: what is there is checked out, and the rest counts as deleted.
    subprocess.run(["git", "-C", str(checkout), "checkout-index", "-a", "-f", "-q"], capture_output=True, check=False)
    refresh(checkout)
    changed, path = change_one(bare)
    return Subject(
        name=repository.resolve().parent.name if repository.name == "repo" else repository.name,
        bare=bare,
        checkout=checkout,
        changed=changed,
        changed_file=path,
        head=head,
        hook=write_hook(area / "pre-push"),
    )


def write_hook(path: Path) -> Path:
    """The hook for the slugtrim of this Python."""
    program = Path(sys.executable).with_name("slugtrim")
    if not program.exists():
        sys.exit(f"{program}: is not there; pip install -e . first")
    path.write_bytes(script(os.fsencode(program)))
    path.chmod(0o755)
    return path


def refresh(checkout: Path) -> None:
    """What any `git status` does: the index learns the time stamps."""
    subprocess.run(["git", "-C", str(checkout), "update-index", "-q", "--refresh"], capture_output=True, check=False)


def change_one(bare: Path) -> tuple[str, bytes]:
    """A commit in which a text file in the middle of the list has one line more."""
    records = [
        line for line in git(bare, "ls-tree", "-r", "-z", "HEAD").split(b"\0") if line.startswith(b"100644 blob")
    ]
    middle = len(records) // 2
    suffixes = (b".rb", b".py", b".js", b".ts", b".json", b".md", b".html", b".txt")
    texts = [record for record in records[middle:] + records[:middle] if record.endswith(suffixes)]
    about, _, path = (texts or records)[0].partition(b"\t")
    content = git(bare, "cat-file", "blob", about.split()[2].decode()) + b"\n# one more line\n"
    blob = git(bare, "hash-object", "-w", "--stdin", stdin=content).decode().strip()
    index = {"GIT_INDEX_FILE": str(bare / "benchmark-index")}
    git(bare, "read-tree", "HEAD", env=index)
    entry = b"100644 %s\t%s\0" % (blob.encode(), path)
    git(bare, "update-index", "-z", "--index-info", stdin=entry, env=index)
    tree = git(bare, "write-tree", env=index).decode().strip()
    return git(bare, "commit-tree", "-p", "HEAD", "-m", "change", tree, env=WHO).decode().strip(), path


def report(subject: Subject, cache: Path, rounds: int) -> dict[str, Timing]:
    timings = {name: Timing() for name in commands(subject, cache)}
    filled = cache.with_name("cache-filled")
    shutil.rmtree(filled, ignore_errors=True)
    run(audit(subject.bare, filled, "HEAD"), subject.bare)
    run(audit(subject.checkout, filled), subject.checkout)
    run(plain(subject.checkout, filled), subject.checkout)
    run(push(subject, filled, subject.head), subject.bare)
    run(slugtrim_run("suggest", subject.bare, filled, "HEAD"), subject.bare)
    run(audit(subject.bare, filled, "HEAD"), subject.bare)
    for _ in range(rounds):
        for name, (command, prepare_run) in commands(subject, cache).items():
            prepare_run(cache, filled)
            subject_file = Path(os.fsdecode(os.path.join(os.fsencode(subject.checkout), subject.changed_file)))
            original = subject_file.read_bytes() if name == "work tree, one file changed" else None
            if original is not None:
                subject_file.write_bytes(original + b"\n# one more line\n")
            seconds, cpu_seconds, peak, output = run(command, subject.bare)
            if original is not None:
                subject_file.write_bytes(original)
                refresh(subject.checkout)
            timings[name].seconds.append(seconds)
            timings[name].cpu_seconds.append(cpu_seconds)
            timings[name].peak_bytes = max(timings[name].peak_bytes, peak)
            timings[name].output = output
    for name, (command, prepare_run) in commands(subject, cache).items():
        if "slugtrim" in command:
            prepare_run(cache, filled)
            timings[name].peak_bytes = own_peak(command, subject.bare)
    print_table(subject, timings)
    return timings


Prepare = Callable[[Path, Path], None]


def commands(subject: Subject, cache: Path) -> dict[str, tuple[Sequence[str], Prepare]]:
    """Name to command and what is done before it, in the order of a round."""
    archive = "git archive --format=tar HEAD"
    tar = f"tar c --owner=root --group=root --hard-dereference --exclude=./.git -C '{subject.checkout}' ."
    listed: dict[str, tuple[Sequence[str], Prepare]] = {
        "floor": (["sh", "-c", FLOOR], nothing),
        "git ls-tree -r -l": (["sh", "-c", "git ls-tree -r -l HEAD >/dev/null"], nothing),
        "git archive | gzip -6": (["sh", "-c", f"{archive} | gzip -6 | wc -c"], nothing),
        "tar c | gzip -6": (["sh", "-c", f"{tar} | gzip -6 | wc -c"], nothing),
    }
    if shutil.which("pigz"):
        listed["git archive | pigz -6"] = (["sh", "-c", f"{archive} | pigz -6 | wc -c"], nothing)
    listed |= {
        "cold": (audit(subject.bare, cache, "HEAD"), empty),
        "known tree": (audit(subject.bare, cache, "HEAD"), fill),
        "one file changed": (audit(subject.bare, cache, subject.changed), fill),
        "work tree, cold": (audit(subject.checkout, cache), empty),
        "work tree, known": (audit(subject.checkout, cache), fill),
        "work tree, known, as text": (plain(subject.checkout, cache), fill),
        "work tree, one file changed": (audit(subject.checkout, cache), fill),
        "check --base, one file changed": (check(subject.bare, cache, subject.changed), fill),
        "hook, known tree": (push(subject, cache, subject.head), fill),
        "hook, one file changed": (push(subject, cache, subject.changed), fill),
        "hook, a push that builds nothing": (push(subject, cache, subject.head, "topic"), fill),
        "suggest, cold": (slugtrim_run("suggest", subject.bare, cache, "HEAD"), empty),
        "suggest, again": (slugtrim_run("suggest", subject.bare, cache, "HEAD"), fill),
    }
    return listed


def audit(where: Path, cache: Path, rev: str = "") -> list[str]:
    return slugtrim_run("audit", where, cache, rev)


def plain(where: Path, cache: Path) -> list[str]:
    """What is typed most."""
    return ["env", f"SLUGTRIM_CACHE_DIR={cache}", *SLUGTRIM, str(where)]


def check(where: Path, cache: Path, rev: str) -> list[str]:
    return [*slugtrim_run("check", where, cache, rev), "--base", f"{rev}~1"]


def push(subject: Subject, cache: Path, commit: str, branch: str = "main") -> list[str]:
    """The whole hook as git runs it, through the shell; the remote has HEAD."""
    line = f"refs/heads/{branch} {commit} refs/heads/{branch} {subject.head}"
    hook = f"SLUGTRIM_CACHE_DIR='{cache}' '{subject.hook}' heroku git@heroku.com:app.git"
    return ["sh", "-c", f"cd '{subject.checkout}' && echo '{line}' | {hook}"]


def slugtrim_run(verb: str, where: Path, cache: Path, rev: str = "") -> list[str]:
    revision = ["--rev", rev] if rev else []
    return ["env", f"SLUGTRIM_CACHE_DIR={cache}", *SLUGTRIM, verb, "--format", "json", *revision, str(where)]


def nothing(cache: Path, filled: Path) -> None:
    """The command needs no preparation."""


def empty(cache: Path, filled: Path) -> None:
    shutil.rmtree(cache, ignore_errors=True)


def fill(cache: Path, filled: Path) -> None:
    shutil.rmtree(cache, ignore_errors=True)
    shutil.copytree(filled, cache)


def run(command: Sequence[str], where: Path) -> tuple[float, float, int, bytes]:
    """Seconds, seconds of CPU, peak memory in bytes, and output of one run."""
    with tempfile.TemporaryFile() as out:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=where, stdout=out, stderr=subprocess.PIPE)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.stderr is not None
        errors = process.stderr.read().decode(errors="replace")
        process.stderr.close()
        if process.returncode:
            sys.exit(f"{' '.join(command)}: {errors}")
        out.seek(0)
        return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, out.read()


MEASURED = """
import resource, sys
from slugtrim.cli import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def own_peak(command: Sequence[str], where: Path) -> int:
    """Peak memory in bytes of slugtrim itself. The system's own figure counts git in, with all it has mapped."""
    at = command.index("slugtrim")
    measured = [*command[: at - 1], "-c", MEASURED, *command[at + 1 :]]
    done = subprocess.run(measured, cwd=where, capture_output=True, check=True)
    return int(done.stderr.split()[-1]) * 1024


def print_table(subject: Subject, timings: dict[str, Timing]) -> None:
    data = json.loads(timings["cold"].output)
    true_size = int(timings["tar c | gzip -6"].output)
    slug = data["slug"]
    large = sum(1 for item in data["largest"] if item["bytes"] >= 65536)
    print(
        f"\n{subject.name}: {slug['files']:,} files, {slug['bytes'] / 2**20:.1f} MB, {large} of the 20 largest over 64K"
    )
    if not data["complete"] or data["left_out"]["files"]:
        print("  (rules or unreadable files: the true tar below holds other files)")
    error = (slug["compressed_bytes"] / true_size - 1) * 100
    print(f"  predicted {slug['compressed_bytes']:,} bytes, true tar {true_size:,}: error {error:+.2f} %")
    print(f"  {'':32}{'seconds':>8}  {'CPU':>6}  {'archive|gzip':>12}  {'ls-tree':>7}  {'floor':>6}  {'peak MB':>7}")
    against = [timings[name].median for name in ("git archive | gzip -6", "git ls-tree -r -l", "floor")]
    for name, timing in timings.items():
        ratios = [f"{timing.median / other:.2f}" for other in against]
        peak = f"{timing.peak_bytes / 2**20:.0f}"
        took = f"{timing.median:8.3f}  {timing.cpu:6.3f}"
        print(f"  {name:32}{took}  {ratios[0]:>12}  {ratios[1]:>7}  {ratios[2]:>6}  {peak:>7}")


def build(root: Path, count: int) -> Path:
    """An application of so many files: source, styles, tests, a few images; the same every time."""
    rng = random.Random(count)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz_", k=rng.randint(2, 10))) for _ in range(3000)]
    for number in range(count):
        kind = rng.choices(["rb", "js", "scss", "html", "png"], [60, 20, 8, 10, 2])[0]
        path = (
            root / rng.choice(["app", "lib", "spec"]) / f"part{number % 97}" / f"{words[number % 3000]}{number}.{kind}"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "png":
            path.write_bytes(rng.randbytes(rng.randint(2_000, 150_000)))
        else:
            lines = (" ".join(rng.choices(words, k=rng.randint(2, 9))) for _ in range(rng.randint(5, 200)))
            path.write_text("\n".join(lines))
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "built", env=WHO)
    git(root, "gc", "-q")
    return root


READ = "from slugtrim.archive.reading import open_slug; open_slug(sys.argv[1])"
INSPECT = "from slugtrim.cli import main; main(['inspect', '--format', 'json', sys.argv[1]])"
PEAK = "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"


def report_slug(slug: Path, rounds: int) -> None:
    """Reading a compiled slug, and the whole command, against listing it with tar."""
    commands = {
        "tar tzvf": ["sh", "-c", f"tar tzvf '{slug}' >/dev/null"],
        "gzip -dc": ["sh", "-c", f"gzip -dc '{slug}' >/dev/null"],
        "reading it": [sys.executable, "-c", f"import sys; {READ}", str(slug)],
    }
    if "inspect" in COMMANDS:
        commands["inspect"] = [sys.executable, "-c", f"import sys; {INSPECT}", str(slug)]
    timings = {name: Timing() for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            timings[name].seconds.append(run(command, slug.parent)[0])
    names = subprocess.run(["tar", "tzf", str(slug)], capture_output=True, check=True).stdout.count(b"\n")
    print(f"\n{slug.name}: {names:,} entries, {slug.stat().st_size / 2**20:.1f} MB")
    print(f"  {'':32}{'seconds':>8}  {'tar tzvf':>8}  {'peak MB':>7}")
    for name, timing in timings.items():
        ratio = f"{timing.median / timings['tar tzvf'].median:.2f}"
        print(f"  {name:32}{timing.median:8.3f}  {ratio:>8}  {slug_peak(commands[name]):>7}")


def slug_peak(command: Sequence[str]) -> str:
    """Peak memory in megabytes of a command that is Python's; nothing for another."""
    if command[0] != sys.executable:
        return ""
    measured = [*command[:2], command[2] + PEAK, *command[3:]]
    done = subprocess.run(measured, capture_output=True, check=True)
    return f"{int(done.stderr.split()[-1]) / 2**10:.0f}"


def build_slug(slug: Path, count: int, noise_megabytes: int) -> Path:
    """So many modules of words below ``./app/``, and noise among them; the same every time."""
    rng = random.Random(count)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz_", k=rng.randint(2, 10))) for _ in range(3000)]
    text = "\n".join(" ".join(rng.choices(words, k=8)) for _ in range(4_000)).encode()
    with tarfile.open(slug, "w:gz", format=tarfile.GNU_FORMAT, compresslevel=6) as tar:
        for number in range(count):
            begin = rng.randrange(len(text) - 30_000)
            content = text[begin : begin + rng.choice((300, 1_000, 2_000, 4_000, 12_000))]
            if noise_megabytes and number % (count // noise_megabytes) == 0:
                content = rng.randbytes(1 << 20)
            member = tarfile.TarInfo(f"./app/node_modules/package-{number // 80}/lib/{words[number % 3000]}{number}.js")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            tar.members.clear()  # else this process, and by its measure those that it starts, would grow
    return slug


if __name__ == "__main__":
    sys.exit(main())
