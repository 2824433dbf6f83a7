# SPDX-License-Identifier: MIT
# A thin front over CMake: `make help` lists the targets. Everything is built under build/.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
# Warnings stop the build in development and CI (`make test WERROR=ON`), not on a user's compiler.
WERROR ?= OFF
# What ctest should do besides: make test CTEST_FLAGS='-L geometry'
CTEST_FLAGS ?=

# More of the benchmarks: make bench BENCH_FLAGS=--full
BENCH_FLAGS ?=
# For docs and bench-peers; Debian's PyTorch belongs to the system's Python.
PYTHON ?= /usr/bin/python3

SETUP = tools/setup.sh

.DEFAULT_GOAL := release
.PHONY: release reproduce report-image docs docs-images python python-sdist test check-release sanitize tsan coverage fuzz clang arm64 \
        install bench bench-peers bench-python bench-page bench-guard bench-guard-refresh bench-build format format-check lint clean help

release: ## build the release into build/release (the default)
	@$(SETUP) --check build || true
	@cmake --preset release
	@cmake --build build/release --parallel $(JOBS)

reproduce: ## install what is missing, build, make the figures of the paper, with an index, in out/figures
	@$(SETUP) build figures
	@$(MAKE) --no-print-directory release
	build/release/spinodal reproduce paper -o out/figures --force

docs: ## install what is missing, build, run the commands of the pages, make the documentation site in build/docs/site
	@$(SETUP) build figures docs
	@$(MAKE) --no-print-directory release
	tools/check_documents.sh --figures build/docs/figures build/release/spinodal
	tools/make_figures.sh build/release/spinodal build/docs/figures
	tools/build_docs.sh build/docs build/docs/figures
	$(PYTHON) tools/check_site.py build/docs/site

docs-images: docs ## copy the figures of the site to docs/images, for readers of the files
	cp build/docs/figures/* docs/images/

python: ## build the Python package into build/python (a wheel, and build/python/spinodal for PYTHONPATH)
	@$(SETUP) --check build test || true
	@cmake --preset release
	@cmake --build build/release --parallel $(JOBS) --target spinodal_io
	cd python && SPINODAL_BUILD="$(CURDIR)/build/release" $(PYTHON) setup.py -q build -b ../build/python \
	    bdist_wheel -d ../build/python --bdist-dir ../build/python/wheel
	@rm -rf build/python/spinodal python/*.egg-info && cp -r build/python/lib*/spinodal build/python/

python-sdist: ## a source distribution of the Python package, the C library in it, into build/python
	cd python && $(PYTHON) setup.py -q sdist -d ../build/python
	@rm -rf python/*.egg-info

report-image: release ## the picture of a report in docs/images, with Chromium (tools/setup.sh test)
	@mkdir -p out
	build/release/spinodal sweep examples/figure2.yaml -o out/figure2.h5 --force -q
	cd out && ../build/release/spinodal report figure2.h5 -o figure2.html --force
	python3 -B tests/page/screenshot.py out/figure2.html docs/images/report.png 1280 1160

test: ## install what is missing, build, run the suite: with sanitizers (all but the longest), then all of it as released
	@$(SETUP) build figures test docs mpi
	@$(MAKE) --no-print-directory sanitize $(if $(CTEST_FLAGS),,CTEST_FLAGS='-LE once')
	@$(MAKE) --no-print-directory check-release

check-release: ## the whole suite on a release build
	@cmake --preset test -DSPN_WARNINGS_AS_ERRORS=$(WERROR)
	@cmake --build build/test --parallel $(JOBS)
	ctest --test-dir build/test --output-on-failure --no-tests=error --no-label-summary -j $(JOBS) $(CTEST_FLAGS)

sanitize: ## the suite under the address and undefined-behaviour sanitizers
	@cmake --preset dev -DSPN_WARNINGS_AS_ERRORS=$(WERROR)
	@cmake --build build/dev --parallel $(JOBS)
	ctest --test-dir build/dev --output-on-failure --no-tests=error --no-label-summary -j $(JOBS) $(CTEST_FLAGS)

tsan: ## the suite under the thread sanitizer
	@cmake --preset tsan -DSPN_WARNINGS_AS_ERRORS=$(WERROR)
	@cmake --build build/tsan --parallel $(JOBS)
	ctest --test-dir build/tsan --output-on-failure --no-tests=error --no-label-summary -j $(JOBS) $(CTEST_FLAGS)

clang: ## build with clang, warnings as errors, and run the suite
	@$(SETUP) build figures test dev
	@cmake --preset clang
	@cmake --build build/clang --parallel $(JOBS)
	ctest --test-dir build/clang --output-on-failure --no-tests=error --no-label-summary -j $(JOBS) $(CTEST_FLAGS)

arm64: ## build for arm64 on another computer (Debian) and run the suite under emulation (hours)
	@$(SETUP) build figures test arm64
	@tools/arm64_sysroot.sh
	@cmake --preset arm64
	@cmake --build build/arm64 --parallel $(JOBS)
	ctest --test-dir build/arm64 --output-on-failure --no-tests=error --no-label-summary -j $(JOBS) $(CTEST_FLAGS)

coverage: ## the suite with coverage; prints the share of lines run, by room
	@cmake --preset coverage
	@cmake --build build/coverage --parallel $(JOBS)
	ctest --test-dir build/coverage --output-on-failure --no-tests=error --no-label-summary -j $(JOBS) $(CTEST_FLAGS); \
	status=$$?; tools/coverage.sh build/coverage; exit $$status

fuzz: ## build the fuzz targets of the readers (clang) into build/fuzz
	@$(SETUP) build dev
	@cmake --preset fuzz
	@cmake --build build/fuzz --parallel $(JOBS)

install: release ## install into $(DESTDIR)$(PREFIX)
	cmake --install build/release --prefix "$(PREFIX)"

bench: bench-build ## time the main steps on one thread: tables, and CSV files in build/bench
	@mkdir -p build/bench
	@git rev-parse --short HEAD >build/bench/commit.txt 2>/dev/null || true
	build/release/bench/spinodal-bench $(BENCH_FLAGS) --out build/bench

bench-peers: bench-build ## time PyTorch on the same work in the same run (optional: needs python3-torch)
	@mkdir -p build/bench
	$(PYTHON) bench/peers/compare.py --build build/release --out build/bench

bench-python: python ## time sweeps, geometry and spectra from Python beside the program and PyTorch, in one run
	@mkdir -p build/bench
	@cmake --build build/release --parallel $(JOBS) --target spinodal_cli
	$(PYTHON) -B bench/peers/notebook.py --package build/python --program build/release/spinodal --out build/bench

bench-page: ## write the tables of docs/performance.md from the CSV files in build/bench
	$(PYTHON) bench/fill_page.py build/bench docs/performance.md

bench-guard: bench-build ## count instructions with valgrind and compare with bench/instructions.txt
	bench/instructions.sh build/release/bench/spinodal-instructions

bench-guard-refresh: bench-build ## write new expectations into bench/instructions.txt
	bench/instructions.sh build/release/bench/spinodal-instructions --refresh

bench-build:
	@$(SETUP) --check build || true
	@cmake --preset release -DSPN_BENCH=ON
	@cmake --build build/release --parallel $(JOBS)

format: ## format all sources with clang-format
	@tools/check_format.sh --fix

format-check: ## report sources that clang-format would change
	@tools/check_format.sh

lint: ## clang-tidy over all sources
	@$(SETUP) --check build test dev
	@cmake --preset clang
	@tools/lint.sh build/clang

clean: ## remove everything that was built
	rm -rf build

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 24
