# `make demo` shows the whole thing, `make test` proves it, `make bench` measures it, `make verifier` builds what
# others check evidence with. Each installs what it needs (apt, as root) or prints the command that would and stops.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test bench coverage shots gnome verifier need-build need-clang need-browsers need-desktops need-packages need-mail need-pdf need-python need-devices need-tampering need-machine need-deny need-pages

# Everything builds into the folder cargo itself would use; set CARGO_TARGET_DIR to move it.
TARGET := $(or $(CARGO_TARGET_DIR),target)
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

help:
	@echo 'make demo      a collector, an agent and two real browsers on this machine; DEMO_ONCE=1 checks itself and ends'
	@echo 'make test      format, lints, docs, licences, every test'
	@echo 'make bench     measurements, written to target/bench.json'
	@echo 'make verifier  what others check evidence with, in target/verifier'
	@echo 'make shots     pictures of every page, in target/shots'
	@echo 'make coverage  the table of docs/coverage.md, by what its tests see'

demo: need-room-5 need-browsers need-pages
	cargo build --locked --release --workspace --bin proviso-agent --bin proviso-collector \
		--bin proviso-installer --bin proviso --bin proviso-demo
	$(TARGET)/release/proviso-demo

# The test runner comes last, so that its summary is the last line. What would make a second build quicker is left out:
# it is a third of the room.
test: export CARGO_INCREMENTAL := 0
test: need-room-10 verifier need-browsers need-desktops need-packages need-mail need-pdf need-python need-devices need-tampering need-machine need-deny need-pages
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps
	cargo deny --offline check licenses bans sources || cargo deny check licenses bans sources
	for fuzz in report/fuzz rules/fuzz; do \
		cargo check --locked --manifest-path $$fuzz/Cargo.toml --target-dir $(TARGET)/fuzz; \
	done
	cargo build --locked --workspace --all-targets
	cargo test --locked --workspace --doc
	if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --locked --workspace; \
	else \
		cargo test --locked --workspace --lib --bins --tests; \
	fi

bench: need-room-5 need-browsers need-pages
	cargo build --locked --release --workspace --bins
	mkdir -p target
	$(TARGET)/release/proviso-bench --out target/bench.json

# A program that needs nothing of the system that runs it, and a page that needs a browser. Built apart, so that
# their settings build nothing else anew.
verifier: need-build need-clang
	RUSTFLAGS='-C target-feature=+crt-static' cargo build --locked --release --target $(HOST) \
		--package proviso-tool --package proviso-page --target-dir $(TARGET)/verifier-build
	mkdir -p $(TARGET)/verifier
	strip -o $(TARGET)/verifier/proviso $(TARGET)/verifier-build/$(HOST)/release/proviso
	module=$$(.ci/browser-module $(TARGET)/verifier-build $(TARGET)/rust-web); \
		$(TARGET)/verifier-build/$(HOST)/release/proviso-page $$module $(TARGET)/verifier/proviso-verify.html
	cd $(TARGET)/verifier && sha256sum proviso proviso-verify.html | tee SHA256SUMS

# What is seen of an evasion: the table is written by the tests that try it.
coverage: need-browsers need-devices need-tampering need-pages
	cargo build --locked --workspace --bins
	PROVISO_WRITE_COVERAGE=1 cargo test --locked --package proviso-tests --test behaviour evasion::

# What the pages look like, at each size, by day and by night, and on paper.
shots: need-browsers need-pages
	cargo run --locked --package proviso-tests --bin proviso-shots -- --out target/shots

# What the agent says beside GNOME's compositor. It is large, so `make test` does without.
gnome: need-desktops
	@.ci/need mutter:mutter dbus-run-session:dbus
	cargo test --locked --package proviso-agent --lib gnomes_compositor -- --ignored

need-room-%:
	@.ci/room $* $(TARGET)

need-build:
	@.ci/need cc:build-essential make:make ssh-keygen:openssh-client

need-clang: need-build
	@.ci/need clang:clang wasm-ld:lld

need-browsers: need-build
	@.ci/need chromium:chromium firefox-esr:firefox-esr

# What collector/build.rs makes the pages with.
need-pages: need-build
	@.ci/need node:nodejs npm:npm

need-desktops: need-build
	@.ci/need Xvfb:xvfb openbox:openbox xterm:xterm xdotool:xdotool sway:sway foot:foot Xwayland:xwayland

need-packages: need-build
	@.ci/need dpkg-deb:dpkg rpmbuild:rpm flatpak:flatpak systemctl:systemd

need-mail: need-build
	@.ci/need aiosmtpd:python3-aiosmtpd

need-pdf: need-build
	@.ci/need qpdf:qpdf pdftotext:poppler-utils

need-python: need-build
	@.ci/need python3:python3-venv
	@.ci/python $(TARGET)/python

need-devices: need-build
	@.ci/need adb:adb ip:iproute2 losetup:mount

need-tampering: need-build
	@.ci/need nft:nftables ip:iproute2 gdb:gdb pgrep:procps

# A virtual machine with a kernel and hardware of its own, for the tests `real_...`.
need-machine: need-build
	@.ci/need qemu-system-x86_64:qemu-system-x86 /usr/share/OVMF/OVMF_CODE_4M.fd:ovmf busybox:busybox-static \
		depmod:kmod systemctl:systemd udevadm:udev dbus-daemon:dbus ip:iproute2 mkfs.ext4:e2fsprogs \
		mkfs.vfat:dosfstools iw:iw hostapd:hostapd wpa_supplicant:wpasupplicant
	@.ci/machine $(TARGET)/machine

need-deny: need-build
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
