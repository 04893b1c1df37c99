PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PORT

.PHONY: demo test check install stop pins messages serve worker

# The shop on this machine, with a catalogue to look at: prints the address. Ctrl-C stops it.
demo: $(VENV)/runtime
	@$(BIN)/python manage.py demo

# Every test, in a real browser too where Chromium is installed.
test: $(VENV)/development
	@$(BIN)/python -m pytest -n auto

# Style, types, templates, translations, migrations, and the settings of a production machine.
check: $(VENV)/development
	@$(BIN)/python -m tests.check

install: $(VENV)/development

# Ends the embedded PostgreSQL, which otherwise runs on for the next start.
stop: $(VENV)/runtime
	@$(BIN)/python -m dostshop.database stop

# Exact versions with hashes, from pyproject.toml. UPGRADE=--upgrade takes newer ones.
pins: $(VENV)/development
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.13 --no-emit-index-url --custom-compile-command "make pins" $(UPGRADE) pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.13 --no-emit-index-url --custom-compile-command "make pins" $(UPGRADE) --group dev pyproject.toml -o requirements-dev.txt

# Collects the texts of templates and code into locale/ for translation.
messages: $(VENV)/development
	@$(BIN)/python manage.py makemessages --all --no-obsolete --no-wrap --add-location file --ignore var --ignore .venv

# The web process and the worker process of a real shop; everything comes from the environment.
serve: $(VENV)/runtime
	@$(BIN)/gunicorn dostshop.wsgi --config dostshop/gunicorn.py --bind 0.0.0.0:$(PORT)

worker: $(VENV)/runtime
	@$(BIN)/python manage.py procrastinate worker

$(VENV)/bin/python: .python-version
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 13) or sys.exit("The shop needs Python 3.13 or newer; $(PYTHON) is %d.%d. Install it, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.13" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@touch $@

$(VENV)/runtime: requirements.txt $(VENV)/bin/python
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	@touch $@

$(VENV)/development: requirements-dev.txt $(VENV)/bin/python
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/runtime
