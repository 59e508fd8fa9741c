# The commands that people type; meson and ninja do the work. Each prints what it runs.
#
#   make            installs what is missing, builds, and leaves the program at build/limpid
#   make demo       scans an image with Heartbleed and Ghost in it, and this machine
#   make check      runs every check and test; the last line is "N passed, N failed"
#   make bench      measures speed and memory against the limits of the hardware
#   make help       lists the rest

BUILD ?= build
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
MESON_OPTIONS ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: all help packages test-packages demo check test asan tsan fuzz bench install uninstall \
	format lint tidy starter bless hooks clean

all: packages $(BUILD)/build.ninja
	ninja -C $(BUILD) -j $(JOBS)

help:
	@sed -n 's/^#   //p' Makefile
	@echo 'make test       unit and whole-program tests alone, without checks and sanitizers'
	@echo 'make asan       tests under the address and undefined-behaviour sanitizers'
	@echo 'make tsan       tests with threads under the thread sanitizer'
	@echo 'make fuzz       fuzzes every target for FUZZ_SECONDS=$(FUZZ_SECONDS) (clang)'
	@echo 'make tidy       clang-tidy over all sources'
	@echo 'make format     lays out the sources (clang-format)'
	@echo 'make lint       rules of style, include rules, layout, shell scripts'
	@echo 'make install    installs below PREFIX=$(PREFIX), DESTDIR is honoured'
	@echo 'make starter    makes data/starter.bundle again from FEEDS=$(FEEDS)'
	@echo 'make bless      writes the golden files of the tests anew: read the diff'
	@echo 'make hooks      lets git run the quick checks before each commit'
	@echo 'make clean      removes what was built'

packages:
	@tools/install-packages

test-packages:
	@tools/install-packages --test

$(BUILD)/build.ninja:
	meson setup $(BUILD) --prefix $(PREFIX) $(MESON_OPTIONS)

# Standard output is the demonstration's alone.
demo: packages $(BUILD)/build.ninja
	@echo "ninja -C $(BUILD)" >&2
	@ninja -C $(BUILD) -j $(JOBS) >&2
	@tools/demo $(BUILD)/limpid

check: test-packages
	tools/check --build $(BUILD)

test: packages $(BUILD)/build.ninja
	tools/check --build $(BUILD) --only tests

asan: test-packages
	tools/check --build $(BUILD) --only asan

tsan: test-packages
	tools/check --build $(BUILD) --only tsan

fuzz: test-packages
	tools/fuzz $(FUZZ_SECONDS)

bench: packages $(BUILD)/build.ninja
	@tools/install-packages --bench
	ninja -C $(BUILD) -j $(JOBS)
	bench/run $(BUILD)
	bench/feeds $(BUILD)
	bench/graph $(BUILD)
	bench/service $(BUILD)

install: $(BUILD)/build.ninja
	meson install -C $(BUILD)

uninstall:
	ninja -C $(BUILD) uninstall

format:
	tools/format

lint: test-packages
	tools/check --build $(BUILD) --only lint

tidy: test-packages $(BUILD)/build.ninja
	tools/tidy $(BUILD)

FEEDS ?= ../shared/feeds
starter: all
	tools/make-starter $(BUILD)/limpid $(FEEDS) data/starter.bundle

bless: all
	tools/bless $(BUILD)

hooks:
	git config core.hooksPath tools/hooks

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz $(BUILD)-clang
