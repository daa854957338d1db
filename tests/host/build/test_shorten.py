"""The names that the board gets: shortened where nobody sees them."""
import ast
import shutil

from support.harness import ROOT

from svctl.build.shorten import Names, of_boot, of_folder, with_functions, with_texts

LIB = ROOT / "lib"


def shortened(**modules):
    names = Names(modules)
    return {name: names.shorten(name, text) for name, text in modules.items()}


def test_a_private_function_its_parameters_and_attributes():
    text = "class Box:\n    def _fill(self, amount):\n        self._level = amount\n\n    def fill(self, amount):\n        self._fill(amount)\n"
    assert shortened(aiolog=text)["aiolog"] == (
        "class Box:\n    def _A(self, a):\n        self._B = a\n\n    def fill(self, amount):\n        self._A(amount)\n")


def test_what_modules_share_has_one_name_and_meets_no_other():
    one = "class Service:\n    def ask(self):\n        self._asked = 1\n        self._event = 1\n"
    other = "class Manager:\n    def look(self, service):\n        self._count = service._asked\n"
    found = shortened(aioclass=one, **{"aioservice/manager": other})
    assert found["aioclass"].splitlines()[2:] == ["        self._A = 1", "        self._B = 1"]
    assert found["aioservice/manager"].splitlines()[1:] == ["    def look(self, a):", "        self._B = a._A"]


def test_parameters_that_somebody_names_are_kept():
    text = "def take(first, second=2):\n    return first + second\n\n\ndef call():\n    return take(1, second=3)\n"
    assert shortened(**{"aioctl/x": text})["aioctl/x"].startswith("def take(a, second=2):\n    return a + second\n")


def test_public_functions_keep_their_parameters():
    texts = {"aioctl/__init__": '_TABLE = " =x add "\n', "aioctl/x": "def add(name):\n    return name\n"}
    assert shortened(**texts)["aioctl/x"] == texts["aioctl/x"]


def test_a_letter_in_use_is_left_alone():
    text = "def _f(value):\n    a = [b for b in value]\n    return lambda value: a\n"
    assert shortened(aiolog=text)["aiolog"] == "def _A(c):\n    a = [b for b in c]\n    return lambda value: a\n"


def test_an_inner_name_of_the_same_word_is_another():
    text = "def _f(value):\n    def inner():\n        value = 1\n        return value\n    return inner, value\n"
    assert shortened(aiolog=text)["aiolog"] == (
        "def _A(a):\n    def inner():\n        value = 1\n        return value\n    return inner, a\n")


def test_what_rooms_know_each_other_by_is_the_same_beside_a_variable_of_that_name():
    made = shortened(**{"aioservice/a": "class Manager:\n    spawn = ()\n\n\ndef _f(mgr):\n    return mgr.spawn\n",
                        "aioservice/b": "def start(self):\n    spawn = self.spawn = []\n    return spawn\n"})
    short = made["aioservice/a"].split()[2]
    assert short != "spawn" and f".{short}\n" in made["aioservice/a"]
    assert made["aioservice/b"] == f"def start(self):\n    {short} = self.{short} = []\n    return {short}\n"


def test_names_in_texts_and_of_others_are_kept():
    text = 'def f(x):\n    return getattr(x, "_made"), x._made, x._io_queue\n\n\ndef _made():\n    pass\n'
    assert shortened(aiolog=text)["aiolog"] == text


def test_a_constant_of_one_letter_is_not_met():
    text = "_A = const(2)\n\n\ndef _f():\n    return _A\n"
    assert shortened(aiolog=text)["aiolog"] == text.replace("_f", "_B")


def test_every_module_keeps_its_lines_and_loses_its_private_names():
    found = {LIB / f"{name}.py": text for name, text in of_folder(LIB)[0].items()}
    assert set(found) == set(LIB.rglob("*.py"))
    for path, text in found.items():
        before = ast.parse(with_texts(path.read_text()))
        assert [(type(n), n.lineno) for n in ast.walk(ast.parse(text)) if hasattr(n, "lineno")] == [
            (type(n), n.lineno) for n in ast.walk(before) if hasattr(n, "lineno")], path
    assert "_owed" not in found[LIB / "aioclass/__init__.py"] and "_life" not in found[LIB / "aioclass/scheduled.py"]


def test_what_somebody_else_put_into_lib_is_left_alone(tmp_path):
    (tmp_path / "sensor.py").write_text("def _read(pin):\n    return pin\n")
    assert of_folder(tmp_path) == ({}, {})


def test_tables_are_texts_on_a_board_and_lines_stay():
    text = ('from aiobase import lookup\n\n_TABLE = {\n    "jobs": "add tasks",\n    "env": "getenv",\n}\n_MORE = {"a": "b"}\n\n\n'
            'def one(name):\n    return lookup("x", _TABLE, name)\n\n\ndef two(name):\n    return lookup("x", _MORE, name)\n')
    made = with_texts(text)
    assert made.count("\n") == text.count("\n") and made.splitlines()[-1] == text.splitlines()[-1]
    found = {}
    exec(made.replace("from aiobase import lookup", "const = lookup = str"), found)
    assert found["_TABLE"] == " =jobs add tasks =env getenv " and '_MORE = const(' in made


def test_variables_of_boot_py_are_names_that_it_has_anyway():
    text = (ROOT / "boot.py").read_text()
    made = of_boot(text)
    words = [{node.id for node in ast.walk(ast.parse(each)) if isinstance(node, ast.Name)} for each in (text, made)]
    assert "in_rom" in words[0] - words[1] and {"check", "watchdog", "begin", "fault", "sys"} <= words[1]
    attributes = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    assert words[1] - words[0] <= attributes
    assert made.count("\n") == text.count("\n")


def test_what_a_project_adds_to_boot_py_is_left_alone():
    text = "import sys\nmine = 1\nours = sys.path\n\n\ndef f(mine):\n    return mine.append\n\n\nfor each in ours:\n    mine = each\ndel ours\n"
    assert of_boot(text) == text.replace("ours", "path")


def test_traceback_has_the_names_of_the_source():
    known = of_folder(LIB)[1]
    short = next(short for short, name in known["aioclass/__init__"].items() if name == "_tear_down")
    frame = '  File "/lib/aioclass/__init__.mpy", line 7, in %s\n'
    assert with_functions(frame % short, known) == frame % "_tear_down"
    for other in (frame % "begin", frame % "_AB", f'  File "aioservices/services/x_service.mpy", line 7, in {short}\n'):
        assert with_functions(other, known) == other


def test_sources_that_nobody_built_run_as_well(vm):
    """As mip installs them, or a firmware freezes them: tables are dicts there."""
    shutil.rmtree(vm.root / "lib")
    shutil.copytree(LIB, vm.root / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    out = vm.run("import aioctl, aioservice, aioschedule, aiolog\nfrom aioclass import Service\n"
                 "print(aioctl.tasks_match(), aioservice.check(), aioschedule.get_datetime((2026, 1, 2, 3, 4, 5, 0, 0)))\n"
                 "print(Service('a').error, aiolog.level('info'), aioctl.group().tasks)\n"
                 "try: Service('a').nothing\nexcept AttributeError as e: print(e)\n").out
    assert out.splitlines() == ["[] [] 2026-01-02 03:04:05", "None 20 {}", "Service.nothing"]
