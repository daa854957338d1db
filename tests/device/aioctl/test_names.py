"""Named tasks, aioctl: their names, and what there is before any task exists. On the real VM."""
import pytest
from support.tasks import lines


# -- before any task exists ----------------------------------------------------


def test_before_any_task_everything_answers_emptily(vm):
    assert lines(vm, """
print(aioctl.tasks(), aioctl.tasks_match("*"), aioctl.group().tasks)
print(aioctl.status(), aioctl.result(), aioctl.result_all(), aioctl.result_all(as_dict=True))
print(aioctl.traceback(), aioctl.traceback(rtn=True), aioctl.stop(), aioctl.stop("*"), aioctl.start("*"))
print(aioctl.delete(), aioctl.delete("*"), aioctl.log(), aioctl.getenv("HOME"), aioctl.journal())
print(aioctl.set_log(None), aioctl.log("x"))
async def main():
    await aioctl.follow()
    await asyncio.gather(*aioctl.tasks())
run(main)
aioctl.debug()
aioctl.status()
aioctl.debug()
""") == [
        "[] [] {}", "None None None {}", "None False True False False",
        "None None None None None", "None None", "debug mode: True", "debug mode: False",
    ]


@pytest.mark.parametrize("call", ["status", "result", "stop", "start", "delete", "traceback"])
def test_an_unknown_name_is_told_with_what_exists(vm, call):
    assert lines(vm, f"""
aioctl.{call}("blink")
aioctl.add(forever, name="x")
print(aioctl.{call}("blink"))
""") == ["Task blink not found in []", "Task blink not found in ['x']",
         {"stop": "False", "start": "False"}.get(call, "None")]


def test_a_service_is_found_without_the_ending_of_its_name(vm):
    vm.ship("aioservices/services/hello_core_service.mpy")
    out = lines(vm, """
import aioservice
async def main():
    await aioservice.boot(debug=False)
    print(aioctl.result("hello_core"), aioctl.start("hello_core"))
    aioctl.add(forever, name="hello_core")  # a task that is really called so goes first
    print(aioctl.result("hello_core"))
run(main)
""")
    assert out == ["ready True", "None"]


def test_an_unknown_function_is_an_attribute_error(vm):
    assert lines(vm, """
for name in ("nothing", "", " ", "add=jobs", "core"):
    try:
        print(name, getattr(aioctl, name))
    except AttributeError as e:
        print("AttributeError", e)
from aioctl import add, tasks
print(add is aioctl.add, tasks())
""")[-1] == "True []"


# -- names ---------------------------------------------------------------------


def test_a_task_is_named_after_its_function_and_a_second_one_gets_a_number(vm):
    assert lines(vm, """
class Led:
    async def blink(self):
        await forever()

async def main():
    aioctl.add(forever)
    aioctl.add(forever)
    aioctl.add(forever, name="forever@2")
    aioctl.add(forever)
    aioctl.add(Led().blink)
    aioctl.add(give(3))
    aioctl.add(lambda: brief(), name="lambda")
    print(names())
    aioctl.delete("forever@1")
    aioctl.add(forever)
    print(names())
run(main)
""") == ["['blink', 'forever', 'forever@1', 'forever@2', 'forever@3', 'lambda', 'task']"] * 2


def test_names_are_literal_but_for_the_star(vm):
    assert lines(vm, r"""
async def main():
    for name in ("a.b", "aXb", "a+", "aa", "[x]", "(", "x^$", "\xfc\u20ac", "*"):
        aioctl.add(forever, name=name)
    for pattern in ("a.b", "a+", "[x]", "(", "x^$", "a*b", "*x*", "\xfc*", "**", ".*", ""):
        print(aioctl.tasks_match(pattern))
    aioctl.delete("a+", "(", "\xfc\u20ac")
    print(names())
run(main)
""") == ["['a.b']", "['a+']", "['[x]']", "['(']", "['x^$']", "['a.b', 'aXb']", "['[x]', 'x^$']",
         r"['\xfc\u20ac']", r"['(', '*', '[x]', 'a+', 'a.b', 'aXb', 'aa', 'x^$', '\xfc\u20ac']",
         "[]", "[]", "['*', '[x]', 'a.b', 'aXb', 'aa', 'x^$']"]


def test_patterns_act_on_all_they_fit(vm):
    assert lines(vm, """
async def main():
    for name in ("led.red", "led.green", "fan"):
        aioctl.add(forever, name=name)
    await ms()
    print(aioctl.stop("led.*"))
    await ms()
    print(names(), words())
    print(aioctl.start("led.*"))
    await ms()
    print(words())
    aioctl.delete("led.*")
    print(names())
    print(aioctl.stop())
    await ms()
    print(words())
run(main)
""") == ["True", "['fan', 'led.green', 'led.red'] ['running', 'stopped', 'stopped']", "True",
         "['running', 'running', 'running']", "['fan']", "True", "['stopped']"]
