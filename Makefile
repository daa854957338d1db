# Every command a person types. `make` alone lists them.
# Options: BITS=32|64 and HEAP=192k for run, DIR= for board, run and check, PORT= for deploy, repl and reset, ARGS=
# and JOBS= for test.

PYTHON ?= python3
DIR = build/board
# Tests mostly wait, so there may be more at a time than cores.
JOBS = 4
VENV := build/venv/bin/python
SVCTL = $(VENV) -m svctl -t "$(PORT)"
# What a person typed, as nothing that happens to be in the environment may replace settings.
typed = $(filter command line,$(origin $(1)))
yes = $(if $(call typed,$(1)),$(if $(filter-out 0 no,$($(1))),$(2)))
BOARD := tools/board $(if $(HEAP),--heap $(HEAP)) $(if $(BITS),--bits $(BITS))
# Beside the sources nothing is written; what starts often starts quicker with it.
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
unexport PYTHONDONTWRITEBYTECODE
# svctl is imported from here, whatever environment Python has.
export PYTHONPATH := $(CURDIR)/tools$(if $(PYTHONPATH),:$(PYTHONPATH))

.PHONY: help run test board unixport romfs size bench pictures soak check lint package deploy repl test-board reset pico test-pico \
	bench-pico clean clean-all .venv .unixport .port .pico

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /make \1 /p' Makefile | while read -r make name text; do \
		printf '%s %-10s %s\n' "$$make" "$$name" "$$text"; done

run: board  ## set up everything missing, build the board tree, boot it
	@exec $(BOARD) "$(DIR)"

test: .venv .unixport  ## set up everything missing, run all tests (ARGS="-k name")
	@$(VENV) -m pytest -n $(JOBS) $(ARGS)

board: .venv .unixport  ## build the board tree in DIR (build/board)
	@$(VENV) -m svctl.build.board "$(DIR)"

unixport:  ## set up MicroPython: build/bin/micropython and micropython32
	@$(PYTHON) -m svctl.setup.unixport --again
	@ls build/bin/micropython*

romfs: .venv .unixport  ## build build/romfs.img, for firmware with ROMFS
	@$(VENV) -m svctl.build.romfs

size: .venv .unixport  ## heap and .mpy bytes against the budgets
	@$(VENV) -m tools.measure.size

bench: .venv .unixport  ## times against a bare loop; writes docs/benchmarks.md and .svg (ARGS="--runs 5")
	@$(PYTHON) -m svctl.setup.venv --bench
	@$(VENV) -m tools.measure.bench $(ARGS)

package: .venv  ## write package.json and manifest.py, for mip and for freezing (BASE=github:you/name)
	@$(VENV) -m svctl.build.package $(if $(call typed,BASE),--base "$(BASE)")

pictures: .venv .unixport  ## docs/console.svg, top.svg and boot.svg, from sessions on the simulated board
	@$(VENV) -m tools.docs.picture

soak: .venv .unixport  ## power cuts and damaged files by the thousand, 15 minutes (ARGS="--hours 2 --seed 5"); all tests from source
	@$(VENV) -m tools.measure.soak $(ARGS)
	@ALL=1 $(VENV) -m pytest --source -n $(JOBS)

check: .venv  ## what is wrong with settings and services (of DIR; else of the project)
	@$(VENV) -m svctl.build.check $(if $(filter command line environment,$(origin DIR)),"$(DIR)")

lint: .venv  ## ruff
	@$(VENV) -m ruff check --quiet . && echo "lint: fine"

deploy: .venv .port  ## copy what differs to the board at PORT (CONFIG=1 ENVFILE=.env DRY=1 RESET=1 FORCE=1)
	@$(SVCTL) deploy $(call yes,CONFIG,--config) $(call yes,DRY,--dry-run) $(call yes,RESET,--reset) \
		$(call yes,FORCE,--force) \
		$(if $(call typed,ENVFILE),--env "$(ENVFILE)")

repl: .venv .port  ## the console of the board at PORT
	@$(VENV) -m svctl.link.repl "$(PORT)"

test-board: .venv .port  ## twenty checks of the board at PORT, and a report (YES=1 does not ask, ARGS="--watchdog")
	@$(SVCTL) test-board $(call yes,YES,--yes) $(ARGS)

reset: .venv .port  ## reset the board at PORT
	@$(SVCTL) reset

pico: .pico  ## firmware of a Pico and an emulator for it, for tools/pico (PICO_FIRMWARE=file.uf2)
	@ls build/pico/firmware.bin

test-pico: .pico .unixport  ## tests on an emulated Pico with real firmware (ARGS="-k name")
	@$(VENV) -m pytest tests/pico -n 2 $(ARGS)

bench-pico: .pico .unixport  ## heap, boot time and more on the emulated Pico; writes docs/benchmarks.md
	@$(VENV) -m tools.picohost.bench $(ARGS)

clean:  ## remove build/board
	rm -rf build/board

clean-all:  ## remove everything that make made
	rm -rf build
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

.port:
	@test -n "$(PORT)" || { echo "make: name the board, like PORT=/dev/ttyACM0" >&2; exit 1; }

.venv:
	@$(PYTHON) -m svctl.setup.venv

.pico: .venv
	@$(VENV) -m tools.picohost.firmware

.unixport:
	@$(PYTHON) -m svctl.setup.unixport
