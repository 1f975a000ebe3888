# make demo   install what is missing, build, run the monitor on a procedural scene, show the events
# make test   install what is missing, build, run every test; hostile files and streams also under the address sanitizer
# make golden   write anew what the tests expect of help, output, man pages and completions
# make test-arm   the kernels for 64-bit ARM, cross-compiled and emulated, against the portable ones

SWIFT   ?= swift
CLANG   ?= $(dir $(realpath $(shell command -v $(SWIFT))))clang
CONFIG  ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
MINUTES ?= 30
KILLS   ?= 1000
BIN     := .build/$(CONFIG)
FLAGS   := -c $(CONFIG) --explicit-target-dependency-import-check error

# What the build needs, and what the tests need beside it (a real RTSP server).
BUILD_PACKAGES := libavformat-dev libavcodec-dev libswscale-dev libavutil-dev libopenblas-dev libsqlite3-dev \
	libturbojpeg0-dev libseccomp-dev libmosquitto-dev zlib1g-dev pkg-config
TEST_PACKAGES := ffmpeg mosquitto openssl glib-networking sqlite3 python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-rtsp gstreamer1.0-plugins-base \
	gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
# A C library and an emulator for 64-bit ARM; the compiler is the Swift toolchain's.
ARM_PACKAGES := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static

# Suites that measure seconds, and so want no other tests beside them.
TIMED := (FaultTable|Isolation|Outage|Crowd|MainStream)Tests

.PHONY: help build demo test golden test-arm soak kills bench install format lint toolchain build-packages test-packages clean

help:
	@sed -n '1,4p' Makefile | sed 's/^# //'
	@echo "also: build, bench, soak (MINUTES=30), kills (KILLS=1000), install (PREFIX=$(PREFIX)), format, lint, clean"

toolchain:
	@command -v $(SWIFT) >/dev/null || { \
	  echo "error: no Swift toolchain found; install Swift 6.2 or later for Debian 12 from swift.org and put it on PATH" >&2; \
	  exit 1; }

# Installs only packages that are missing; needs root or sudo for that, and nothing when all are there.
define ensure_packages
	@missing=""; for package in $(1); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  echo "installing:$$missing"; \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

build-packages:
	$(call ensure_packages,$(BUILD_PACKAGES))

test-packages:
	$(call ensure_packages,$(BUILD_PACKAGES) $(TEST_PACKAGES))

build: toolchain build-packages
	$(SWIFT) build $(FLAGS) --product monitord
	$(SWIFT) build $(FLAGS) --product monitor-decoder
	$(SWIFT) build $(FLAGS) --product monitorctl

demo: build
	etc/demo/run.sh $(BIN)

test: toolchain test-packages
	$(SWIFT) build $(FLAGS) --build-tests
	$(SWIFT) test $(FLAGS) --skip-build --skip '$(TIMED)'
	$(SWIFT) test $(FLAGS) --skip-build --no-parallel --filter '$(TIMED)'
	for set in generic avx2; do \
	  MONITOR_INSTRUCTIONS=$$set $(SWIFT) test $(FLAGS) --skip-build \
	    --filter 'TensorsTests|NetworksTests|ObjectAnomalyTests|PixelAnomalyTests' || exit 1; done
	$(BIN)/HostileFilesCheck
	$(SWIFT) build -c release --sanitize=address --scratch-path .build-asan --product HostileFilesCheck
	ASAN_OPTIONS=quarantine_size_mb=16 .build-asan/release/HostileFilesCheck --slack 128
	$(BIN)/HostileStreamsCheck
	$(SWIFT) build -c release --sanitize=address --scratch-path .build-asan --product HostileStreamsCheck
	ASAN_OPTIONS=quarantine_size_mb=16 .build-asan/release/HostileStreamsCheck --slack 256
	$(CLANG) -fsanitize=undefined -fno-sanitize-recover=all -g -O1 -Wall -Wextra -Werror -ISources/CLibAV/include \
	  -ISources/CVideoDevice/include Sources/CLibAV/*.c Sources/CVideoDevice/*.c Tests/ShimsCheck/shims.c \
	  $$(pkg-config --libs libavformat libavcodec libavutil) -o .build-asan/shims
	.build-asan/shims

golden: toolchain test-packages
	$(SWIFT) build $(FLAGS) --build-tests
	MONITOR_WRITE_GOLDEN=1 $(SWIFT) test $(FLAGS) --skip-build --filter CommandTests

# An emulated processor with dot products, one without, and the lesser sets by wish.
test-arm: toolchain
	$(call ensure_packages,$(ARM_PACKAGES))
	mkdir -p .build-arm
	$(CLANG) --target=aarch64-linux-gnu -fuse-ld=lld -static -O3 -fno-math-errno -Wall -Wextra -Werror \
	  -ISources/CKernels -ISources/CKernels/include Sources/CKernels/*.c Tests/ArmKernels/*.c -lm -o .build-arm/ArmKernels
	qemu-aarch64-static -cpu max .build-arm/ArmKernels neondot
	qemu-aarch64-static -cpu cortex-a57 .build-arm/ArmKernels neon
	MONITOR_INSTRUCTIONS=neon qemu-aarch64-static -cpu max .build-arm/ArmKernels neon
	MONITOR_INSTRUCTIONS=generic qemu-aarch64-static -cpu max .build-arm/ArmKernels generic

# Half of the cameras are dead; fails when the daemon grows.
soak: build test-packages
	$(SWIFT) build $(FLAGS) --product SoakCheck
	$(BIN)/SoakCheck --minutes $(MINUTES)

# What the history keeps; see docs/durability.md.
kills: build test-packages
	$(SWIFT) build $(FLAGS) --product KillCheck
	$(BIN)/KillCheck kills --kills $(KILLS)
	$(BIN)/KillCheck power
	$(BIN)/KillCheck start

bench: toolchain build-packages
	$(call ensure_packages,python3 python3-venv)
	Benchmarks/peers.sh
	$(SWIFT) build $(FLAGS) --product monitor-bench
	$(BIN)/monitor-bench --model Models/default
	Benchmarks/.peers/venv/bin/python Benchmarks/compare.py --program $(abspath $(BIN))/monitor-bench

install: build
	install -D -m 755 $(BIN)/monitord $(DESTDIR)$(PREFIX)/bin/monitord
	install -D -m 755 $(BIN)/monitorctl $(DESTDIR)$(PREFIX)/bin/monitorctl
	install -D -m 755 $(BIN)/monitor-decoder $(DESTDIR)$(PREFIX)/libexec/monitord/monitor-decoder
	install -d $(DESTDIR)$(PREFIX)/share/monitord/models/default
	install -m 644 Models/default/* $(DESTDIR)$(PREFIX)/share/monitord/models/default/
	install -d $(DESTDIR)/etc/monitord
	test -e $(DESTDIR)/etc/monitord/monitord.yaml || install -m 640 etc/monitord.yaml $(DESTDIR)/etc/monitord/monitord.yaml
	for section in 1 5 7 8; do \
	  install -d $(DESTDIR)$(PREFIX)/share/man/man$$section && \
	  install -m 644 docs/man/*.$$section $(DESTDIR)$(PREFIX)/share/man/man$$section/ || exit 1; done
	for program in monitorctl monitord; do \
	  install -D -m 644 etc/completions/$$program.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program && \
	  install -D -m 644 etc/completions/_$$program $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$program && \
	  install -D -m 644 etc/completions/$$program.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish || \
	    exit 1; done
	install -d $(DESTDIR)/etc/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|g' systemd/monitord.service > $(DESTDIR)/etc/systemd/system/monitord.service

format:
	$(SWIFT) format format --in-place --recursive Sources Tests Package.swift

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

clean:
	$(SWIFT) package clean
	rm -rf demo-output
