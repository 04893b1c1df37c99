# python3.13 where one of that name runs, else python3; or name it: make demo PYTHON=/path/to/python
PYTHON ?= $(shell python3.13 -c 'print("python3.13")' 2>/dev/null || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PORT

# Django reads compiled translations. They are made from the .po files by a library, without gettext.
MESSAGES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))
TEMPLATES = git ls-files --cached --others --exclude-standard '*.html' 'templates/*.txt'
# A real shop's environment, as far as checks need one.
PRODUCTION := env -u DEMO -u DEBUG SECRET_KEY=checked-only-and-never-used-to-sign-anything-at-all SITE_URL=https://shop.example.az

.PHONY: demo test newcomer chaos throughput screenshots check format install stop pins messages serve worker
.DELETE_ON_ERROR:

# The shop on this machine, with a catalogue to look at: prints the address. Ctrl-C stops it.
demo: $(VENV)/runtime $(MESSAGES)
	@DEMO=1 $(BIN)/python manage.py demo

# Every test, in a real browser too where Chromium is installed.
test: $(VENV)/development $(MESSAGES)
	@$(BIN)/python -m pytest -n auto

# `make demo` in a fresh clone: whether its first page comes in the time promised, and nothing is left running.
newcomer: $(VENV)/development
	@$(BIN)/python -m tests.newcomer

# Thousands of orders while web, worker and database are killed at random, and then the books; after it other lives of
# an order than `make test` goes through: some twenty minutes.
chaos: $(VENV)/development $(MESSAGES)
	@$(BIN)/python -m tests.chaos
	@$(BIN)/python -m pytest -n0 -q tests/orders/test_order_life.py --hypothesis-profile=fresh

# Orders per second from one web worker, on a machine that does nothing else.
throughput: $(VENV)/development $(MESSAGES)
	@$(BIN)/python -m pytest -n0 -q -s --quiet-machine tests/orders/test_throughput.py

# The pictures in the guides for instructors and staff, taken anew of the shop as it is.
screenshots: $(VENV)/development $(MESSAGES)
	@$(BIN)/python -m pytest -n auto -q --take-screenshots tests/browser/test_guides.py -k pictures

# Style, types, templates, migrations, the settings of a real shop, translations, stray addresses.
check: $(VENV)/development $(MESSAGES)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(TEMPLATES) | xargs -r $(BIN)/djade --target-version 6.1 --check
	@$(BIN)/djlint --quiet --lint --use-gitignore --allow-empty-input .
	@$(PRODUCTION) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(BIN)/python -m tests.check

# What `make check` would ask for, done.
format: $(VENV)/development
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .
	@$(TEMPLATES) | xargs -r $(BIN)/djade --target-version 6.1 || true

install: $(VENV)/development $(MESSAGES)

# Ends the embedded PostgreSQL servers, which otherwise run on for the next start.
stop: $(VENV)/runtime
	@$(BIN)/python -m dostshop.database var/postgres*

# Exact versions with hashes, from pyproject.toml; the tools' agree with the shop's. UPGRADE=--upgrade takes newer ones.
pins: COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.13 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" $(UPGRADE)
pins: $(VENV)/development
	@echo uv | $(COMPILE) - -o requirements-uv.txt
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) --constraint requirements.txt --group dev pyproject.toml -o requirements-dev.txt

# Collects the texts of templates and code into locale/ for translation.
messages: $(VENV)/development
	@$(PRODUCTION) $(BIN)/python manage.py makemessages -l az -l ru \
	--no-obsolete --no-wrap --add-location file --ignore var --ignore .venv --ignore tests

# The web process and the worker process of a real shop; everything comes from the environment.
serve: $(VENV)/runtime $(MESSAGES)
	@$(BIN)/python -m gunicorn dostshop.wsgi --config dostshop/gunicorn.py --bind 0.0.0.0:$(PORT)

worker: $(VENV)/runtime $(MESSAGES)
	@$(BIN)/python manage.py procrastinate worker

locale/%/LC_MESSAGES/django.mo: locale/%/LC_MESSAGES/django.po $(VENV)/runtime
	@$(BIN)/python -c 'import sys, polib; polib.pofile(sys.argv[1]).save_as_mofile(sys.argv[2])' $< $@

# The last of the three commands makes the target, so that an interrupted first run begins again.
$(BIN)/uv: .python-version requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 13) or sys.exit("The shop needs Python 3.13 or newer; $(PYTHON) is %d.%d. Install it, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.13" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@touch $@

# uv is quick; pip does it where uv cannot reach the package index that pip is set up for.
$(VENV)/runtime: requirements.txt $(BIN)/uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $< || \
	$(BIN)/python -m pip install --quiet --require-hashes -r $<
	@touch $@

$(VENV)/development: requirements-dev.txt $(BIN)/uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $< || \
	$(BIN)/python -m pip install --quiet --require-hashes -r $<
	@touch $@ $(VENV)/runtime
