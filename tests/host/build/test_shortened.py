"""What shorten makes of lib/ is made once, and anew with whatever it is made of."""
import pytest

from svctl.build import shorten, shortened


@pytest.fixture
def lib(tmp_path, monkeypatch):
    monkeypatch.setattr(shortened, "CACHE", tmp_path / "build")
    folder = tmp_path / "lib/aioctl"
    folder.mkdir(parents=True)
    (folder / "core.py").write_text("def _long_name():\n    pass\n")
    return tmp_path / "lib"


def of(lib):
    found = shortened.of_folder(lib)
    return found.texts[lib / "aioctl/core.py"], found.functions["aioctl/core"]


def kept(lib):
    return list((lib.parent / "build/short").glob("*.json"))


def test_the_second_build_takes_what_the_first_has_made(lib, monkeypatch):
    first = of(lib)
    assert first == ("def _A():\n    pass\n", {"_A": "_long_name"})
    monkeypatch.setattr(shorten, "of_folder", None)
    assert of(lib) == first


@pytest.mark.parametrize("change", [
    lambda core: core.write_text("def _another():\n    pass\n"),
    lambda core: core.with_name("env.py").write_text("x = {'k': '_long_name'}\n"),
    lambda core: core.rename(core.with_name("other.py")),
])
def test_a_change_of_any_file_is_seen(lib, change):
    before = shortened.of_folder(lib)
    change(lib / "aioctl/core.py")
    after = shortened.of_folder(lib)
    assert after != before and tuple(after.texts.values()) == tuple(shorten.of_folder(lib)[0].values())


def test_sources_and_short_ones_are_two_things(lib):
    of(lib)
    assert shortened.of_folder(lib, private=False) == ({lib / "aioctl/core.py": "def _long_name():\n    pass\n"}, {})


@pytest.mark.parametrize("text", ["", "{", '[{"a": 1', "null"])
def test_what_was_kept_and_is_damaged_is_made_anew(lib, text):
    first = of(lib)
    kept(lib)[0].write_text(text)
    assert of(lib) == first


def test_no_more_is_kept_than_is_used(lib):
    for n in range(shortened.MOST + 5):
        (lib / "aioctl/core.py").write_text(f"def _name():\n    return {n}\n")
        of(lib)
    assert len(kept(lib)) == shortened.MOST
