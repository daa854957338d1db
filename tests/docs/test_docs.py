"""What README.md and docs/ show is what happens: docpage.py says how each kind of block is tried."""
import re

import pytest
from support import docpage
from support.harness import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Blocks whose test stands elsewhere, as they need another board: (page, tag) -> the test.
ELSEWHERE = {
    ("profile.md", "python"): "device/aioctl/test_profile.py::test_the_page_shows_what_happens",
    ("profile.md", "console"): "device/aioctl/test_profile.py::test_the_page_shows_what_happens",
    ("scheduling.md", "python"): "device/aioschedule/test_calendar_board.py::test_the_service_and_its_session",
    ("scheduling.md", "console"): "device/aioschedule/test_calendar_board.py::test_the_service_and_its_session",
    ("journal.md", "python"): "device/aiolog/test_logger.py::test_the_program_of_the_page",
    ("romfs.md", "sh"): "device/aioboot/test_romfs.py::test_the_commands_of_the_document",
}
# Pages whose sessions need another board than the one here, or a host: the tests that try them.
PAGES_ELSEWHERE = {
    "board-packages.md": "host/setup/test_requirements.py",
    "backup.md": "docs/test_backup_page.py",
    "aioconsole.md": "device/aioconsole/test_console_services.py",
    "deploy.md": "docs/test_deploy_pages.py",
    "several-boards.md": "docs/test_several_boards.py",
    "recipes.md": "docs/test_recipes.py",
    "services.md": "device/services/test_shipped.py",
    "simulation.md": "device/services/test_shipped.py",
    "svctl.md": "docs/test_deploy_pages.py",
    "testing.md": "host/setup/test_testing.py",
    "your-project.md": "host/setup/test_project.py",
}
HERE = [path for path in PAGES if path.name not in PAGES_ELSEWHERE]


@pytest.mark.parametrize("path", HERE, ids=lambda path: path.stem)
def test_page(path, tmp_path, board_tree, compiled):
    found = docpage.blocks(path.read_text(encoding="utf-8"))
    unknown = [f"{path.name}:{block.line}: {block.tag!r}" for block in found if block.tag not in docpage.TAGS]
    assert not unknown, f"tags that say nothing; there are {', '.join(docpage.TAGS)}"
    skip = {tag for name, tag in ELSEWHERE if name == path.name}
    if all(block.tag == "text" or block.tag in skip for block in found):
        return
    page = docpage.Page(path, tmp_path, board_tree, compiled)
    try:
        page.run(skip)
    finally:
        page.close()


@pytest.mark.parametrize("place", sorted(ELSEWHERE))
def test_what_is_tried_elsewhere_is_there(place):
    page, tag = place
    assert tag in [block.tag for block in docpage.blocks((ROOT / "docs" / page).read_text())]
    file, test = ELSEWHERE[place].split("::")
    text = (ROOT / "tests" / file).read_text()
    assert f"\ndef {test}(" in text and f"{page}" in text


@pytest.mark.parametrize("page", sorted(PAGES_ELSEWHERE))
def test_page_that_is_tried_elsewhere(page):
    assert page in (ROOT / "tests" / PAGES_ELSEWHERE[page]).read_text()


def test_links_lead_somewhere():
    missing = []
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
            if not re.match(r"\w+:", target) and not (path.parent / target).exists():
                missing.append(f"{path.name}: {target}")
    assert not missing


def test_the_index_names_every_page():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert not [path.name for path in PAGES[1:] if path.stem != "README" and f"({path.name})" not in index]


def test_targets_that_the_pages_name_exist():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    for path in PAGES:
        for target in re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8")):
            assert target in targets, f"{path.name}: make {target}"


def test_ci_runs_the_readmes_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text()


# -- the trial itself can fail ---------------------------------------------------

WRONG = {
    "an answer": ("```console\n--> 1 + 1\n3\n```\n", "1 + 1: expected '3', came '2'"),
    "a line too many": ("```console\n--> 1 + 1\n2\n2\n```\n", "expected '2', came None"),
    "a line too few": ("```console\n--> print(1, 2, sep='\\n')\n1\n```\n", "expected None, came '2'"),
    "a boot line": ("```console\n[ OK ] all is well\n--> 1\n1\n```\n", "expected '[ OK ] all is well'"),
    "a number": ("```console\n--> 'x'\n<n>\n```\n", "expected '<n>'"),
    "a service": ('```python\nimport nothing\nservice = X("x")\n```\n```console\n--> load("x")\n```\n', "ImportError"),
    "a service that nobody looks at": (
        '```python\nfrom aioclass import Service\nclass X(Service):\n    enabled = True\n    def setup(self):\n'
        '        1 / 0\nservice = X("x")\n```\n', "x is 'restarting'"),
    "a setting": ('```json\n{"hello": {"loglevel": "loud"}}\n```\n', 'not "loud"'),
    "a program": ("```python\n1 / 0\n```\n", "exit code 1"),
    "a program's output": ("```python\nprint(1)\n```\n```output\n2\n```\n", "expected '2', came '1'"),
    "a test": ("```python\ndef test_x(vm):\n    assert vm.run('print(1)').out == '2'\n```\n", ""),
    "a target": ("```sh\nmake coffee\n```\n", "no target coffee"),
    "a command": ("```sh\nrm -r build\n```\n", "cannot be run here"),
}


def test_a_page_that_is_wrong_fails(tmp_path, board_tree, compiled):
    for number, name in enumerate(WRONG):
        text, why = WRONG[name]
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "page.md").write_text(text)
        page = docpage.Page(folder / "page.md", folder, board_tree, compiled)
        try:
            with pytest.raises(AssertionError) as caught:
                page.run()
            assert why in str(caught.value), name
        finally:
            page.close()


@pytest.mark.parametrize("text", ["```sh\nmake run\n", "text\n\n    make run\n"], ids=["no end", "no fence"])
def test_a_block_that_would_be_passed_over_is_an_error(text):
    with pytest.raises(ValueError):
        docpage.blocks(text)
