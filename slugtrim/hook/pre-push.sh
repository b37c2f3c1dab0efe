# Remove it with slugtrim hook uninstall. To push without it: git push --no-verify, or SLUGTRIM_SKIP=1 git push
recorded=@RECORDED@

# Succeed if the program and the interpreter in its first line exist: a virtual environment may outlive its Python.
runs() {
    [ -f "$1" ] && [ -x "$1" ] || return
    first=
    [ -r "$1" ] && IFS= read -r first <"$1"
    case $first in
        '#!'*) first=${first#??} && first=${first# } && [ -x "${first%% *}" ] ;;
    esac
}

measure() {
    for slugtrim in "$recorded" "$(command -v slugtrim)" "$HOME/.local/bin/slugtrim" ''; do
        runs "$slugtrim" && break
    done
    if [ -z "$slugtrim" ]; then
        echo "slugtrim: not at $recorded any more, nor on PATH, so the push is not measured; install it again" >&2
        return 0
    fi
    "$slugtrim" pre-push -- "$@"
    status=$?
    case $status in
        0 | 130) return $status ;;
        # Python also exits with 1 if it cannot load slugtrim.
        1 | 2) "$slugtrim" --version >/dev/null 2>&1 && return $status ;;
    esac
    echo "slugtrim: $slugtrim failed (status $status), so the push is not measured" >&2
}

before=${0%/*}/pre-push.before-slugtrim
if [ ! -f "$before" ] || [ ! -x "$before" ]; then
    measure "$@"
    exit
fi
# Both hooks read the list of refs. The dot keeps the last newline.
lines=$(cat && echo .)
printf %s "${lines%.}" 2>/dev/null | "$before" "$@" || exit
printf %s "${lines%.}" 2>/dev/null | measure "$@"
