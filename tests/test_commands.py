"""Commands of a shell, read and never run: what they execute, and where."""

from __future__ import annotations

import time

import pytest

from slugtrim.suggester.commands import read_commands
from slugtrim.suggester.edges import EdgeKind
from tests.rows import each_row


def executed(text: str) -> set[str]:
    """Directory, a colon, and the text of each reference that is executed."""
    calls = read_commands(text).calls
    return {
        (call.directory.decode() + ":" if call.directory else "") + call.reference.text
        for call in calls
        if call.reference.kind is EdgeKind.EXECUTES
    }


EXECUTED = [
    ("node server.js", {"server.js"}),
    ("node server", {"server"}),
    ("node --max-old-space-size=400 ./dist/server.js --port $PORT", {"dist/server.js"}),
    ("python manage.py migrate --noinput", {"manage.py", "migrate"}),
    ("python -m app.work", {"app.work"}),
    ("gunicorn --chdir src app.wsgi:application", {"app.wsgi"}),
    ("gunicorn app.wsgi --log-file -", {"app.wsgi"}),
    ("newrelic-admin run-program gunicorn shop:app", {"shop"}),
    ("celery -A proj worker", {"proj", "worker"}),
    ("FLASK_APP=shop.py flask run", {"shop.py", "run"}),
    ("DJANGO_SETTINGS_MODULE=a.b django-admin migrate", {"a.b", "migrate"}),
    ("streamlit run web/page.py", {"run", "web/page.py"}),
    ("bundle exec puma -C config/puma.rb", {"config/puma.rb"}),
    ("bundle exec ruby work.rb", {"work.rb"}),
    ("sh bin/start", {"bin/start"}),
    ("bin/start", {"bin/start"}),
    ("cd web && node a.js", {"web:a.js"}),
    ("(cd web; node a.js) && node b.js", {"web:a.js", "b.js"}),
    ("cd web\nnode a.js # node c.js", {"web:a.js"}),
    ('sh -c "cd web && node a.js"', {"web:a.js"}),
    ("bash -c 'node a.js || node b.js'", {"a.js", "b.js"}),
    ("php artisan queue:work", {"artisan"}),
    ("java $OPTIONS -jar target/shop.jar", {"target/shop.jar"}),
    ("node ${FILE:-a.js}", {"a.js"}),
    ("node jobs/$JOB.js", {"jobs/*.js"}),
    ("node $(npm bin)/x a.js", {"a.js"}),
    ("env A=b exec node a.js > log.txt 2>&1", {"a.js"}),
    ("npx ts-node src/a.ts", {"src/a.ts"}),
    ("/app/bin/start && $PWD/bin/b", {"bin/start", "bin/b"}),
    ("echo node a.js; rm b.js", set()),
    ("", set()),
    ("'", set()),
]


@each_row("text, expected", EXECUTED)
def test_what_a_command_executes(text: str, expected: set[str]) -> None:
    found = executed(text)
    assert expected <= found
    assert all("." not in extra and "/" not in extra for extra in found - expected)


SCRIPTS = [
    ("npm run build", "npm", "", ("run", "build")),
    ("cd web && yarn build", "yarn", "web", ("build",)),
    ("npm --prefix web start", "npm", "web", ("web", "start")),
    ("pnpm -C web run x", "pnpm", "web", ("web", "run", "x")),
    ("npm run build -w shop", "npm", "", ("run", "build", "shop")),
    ("yarn workspace shop build", "yarn", "", ("workspace", "shop", "build")),
    ("make -C web assets", "make", "web", ("web", "assets")),
    ("bundle exec rake db:migrate 'a:b[1]' RAILS_ENV=x", "rake", "", ("db:migrate", "a:b", "RAILS_ENV=x")),
    ("python manage.py migrate --noinput", "manage.py", "", ("manage.py", "migrate")),
    ("bin/rails db:seed", "rails", "", ("db:seed",)),
    ("concurrently 'npm:a' \"npm run b\"", "concurrently", "", ("a", "npm run b", "npm", "run", "b")),
]


@each_row("text, runner, directory, names", SCRIPTS)
def test_calls_of_scripts(text: str, runner: str, directory: str, names: tuple[str, ...]) -> None:
    call = next(call for call in read_commands(text).scripts if call.runner == runner)
    assert (call.directory.decode(), call.names) == (directory, names)


def test_lerna_calls_in_all_workspaces() -> None:
    assert [call.is_everywhere for call in read_commands("lerna run build; npm run b; pnpm -r c").scripts] == [
        True,
        False,
        True,
    ]


SEARCHED = [
    ("cd web && x", [b"web"]),
    ("gunicorn --chdir src a:b", [b"src"]),
    ("PYTHONPATH=src:lib python a.py", [b"src", b"lib"]),
    ("uvicorn --app-dir=back a:b", [b"back"]),
    ("cd /tmp; cd ../..; cd $X; cd -", []),
]


@each_row("text, expected", SEARCHED)
def test_directories_to_search(text: str, expected: list[bytes]) -> None:
    assert list(read_commands(text).search_paths) == expected


def test_the_line_is_that_of_the_command() -> None:
    calls = read_commands("\nnode \\\n  a.js\n\nnode b.js", first_line=5).calls
    assert [(call.reference.text, call.reference.line) for call in calls] == [("a.js", 6), ("b.js", 9)]


@pytest.mark.full
@pytest.mark.parametrize(
    "piece", ["'", '"', "\\", "$(", "`", "(", "${", 'sh -c "', "a ", "cd a;", "&", "<", "#", "\0", "${a:-"]
)
def test_hostile_commands_take_no_time(piece: str) -> None:
    started = time.process_time()
    read_commands(piece * 50_000)
    assert time.process_time() - started < 2
