# git-ops. `make help` lists what can be made.

PREFIX = /usr/local
DESTDIR =
BUILD = .build
SWIFT = swift
INSTALL = install

bindir = $(PREFIX)/bin
datadir = $(PREFIX)/share
mandir = $(datadir)/man
docdir = $(datadir)/doc/git-ops
hookdir = $(datadir)/git-ops/hooks

# With the static runtime, what is installed needs no Swift. The dynamic libstdc++ and libgcc would be
# most of what a hook costs: to resolve their symbols takes 1.7 of 4.1 million instructions. -s leaves
# out what only a debugger reads, 15 of 33 MB. -Osize and --icf were measured and gain nothing.
RELEASE = build -c release --scratch-path $(BUILD) --static-swift-stdlib --disable-local-rpath \
	-Xswiftc -use-ld=lld -Xlinker -s $(STATIC_CXX)
# The linker takes the first libstdc++ that it finds, so a folder in front has the archive only.
ARCHIVE_CXX = $(lastword $(wildcard /usr/lib/gcc/$(shell uname -m)-*linux*/*/libstdc++.a))
STATIC_CXX = $(if $(ARCHIVE_CXX),-Xlinker -L$(abspath $(BUILD))/static -Xswiftc -Xclang-linker -Xswiftc -static-libgcc)
# Nobody steps through the tests of a passing build; without debug information they build faster.
DEBUG = --scratch-path $(BUILD) -Xswiftc -gnone -Xcc -g0

BINARY = $(BUILD)/release/git-ops
# What needs the network is a program of its own.
PROGRAMS = git-ops-target-kubernetes git-ops-notify git-ops-agent
VERBS = $(filter-out $(PROGRAMS:git-ops-%=%),$(patsubst man/git-ops-%.1,%,$(wildcard man/git-ops-*.1)))
MAN = $(wildcard man/*.[1-9])
HOOKS = $(wildcard Hooks/*)
DOCS = README.md LICENSE NOTICE $(wildcard Sources/CLibgit2/COPYING.LGPL)
EXAMPLES = Tests/PluginTarget/git-ops-target-example

# What is looked for, and the Debian package that has it.
BUILD_PACKAGES = /usr/include/git2.h:libgit2-dev /usr/include/yaml.h:libyaml-dev
TEST_PACKAGES = sshd:openssh-server gitolite:gitolite3 nginx:nginx-light fcgiwrap:fcgiwrap \
	jq:jq valgrind:valgrind mandoc:mandoc strace:strace zsh:zsh fish:fish /usr/bin/time:time \
	faketime:faketime curl:curl kubectl:kubernetes-client /usr/share/bash-completion/bash_completion:bash-completion ssh-keygen:openssh-client \
	openssl:openssl systemd-analyze:systemd /usr/lib/python3/dist-packages/aiosmtpd/__init__.py:python3-aiosmtpd \
	/usr/lib/python3/dist-packages/prometheus_client/__init__.py:python3-prometheus-client
BENCH_PACKAGES = valgrind:valgrind strace:strace python3:python3

.PHONY: schemas all git-ops $(PROGRAMS) prepare deps demo test test-deps test-build check-manual check-hooks check-instructions fuzz bench soak install uninstall clean help

all: git-ops $(PROGRAMS)

# The lean program that is all that hooks and directories need.
git-ops: prepare
	$(SWIFT) $(RELEASE) --product git-ops

$(PROGRAMS): prepare
	$(SWIFT) $(RELEASE) --product $@

prepare:
	@.ci/packages --check $(BUILD_PACKAGES)
	@command -v $(SWIFT) >/dev/null || { \
		echo 'error: there is no $(SWIFT) on PATH' >&2; \
		echo 'hint: https://www.swift.org/install/linux has Swift 6.3' >&2; exit 1; }
	@mkdir -p $(BUILD)/static
	@$(if $(ARCHIVE_CXX),ln -sf $(ARCHIVE_CXX) $(BUILD)/static/libstdc++.a)

# The schemas of Kubernetes' own kinds, from the PyPI package kubernetes-validate. What embeds them is touched,
# because a build does not see that they changed.
schemas:
	Sources/CSchemas/generate
	touch Sources/CSchemas/schemas.c

deps:
	@.ci/packages $(BUILD_PACKAGES)

demo: deps
	@$(MAKE) --no-print-directory git-ops
	@Tests/demo/run $(BUILD)/release

test-deps: deps
	@.ci/packages $(TEST_PACKAGES)

# What the tests need to be built.
test-build: test-deps
	@# An API server is built once for all runs, in four minutes of two cores that nobody else needs.
	@Tests/api-server >/dev/null & server=$$!; built=0; \
	$(MAKE) --no-print-directory git-ops && echo $(SWIFT) build $(DEBUG) --build-tests && \
	$(SWIFT) build $(DEBUG) --build-tests || built=1; \
	wait $$server && exit $$built

FEWER = SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8
NETWORK_TESTS = ^(AgentService|Kubeconfig|Kubernetes|Notifications)Tests[.]
CLUSTER_TESTS = ^KubernetesTargetTests[.]

# The tests come last, so that their closing line is the last.
test: test-build
	@$(MAKE) --no-print-directory check-manual check-hooks check-instructions
	@# Tests that wait for a network, and those that hold a thread while a program runs, starve each other.
	@# So do too many at once: on a slow machine each waits for all, longer than what it tests may take.
	$(FEWER) $(SWIFT) test $(DEBUG) --skip-build --parallel --disable-xctest --filter '$(NETWORK_TESTS)'
	$(FEWER) $(SWIFT) test $(DEBUG) --skip-build --parallel --disable-xctest --filter '$(CLUSTER_TESTS)'
	$(FEWER) $(SWIFT) test $(DEBUG) --skip-build --parallel --disable-xctest --skip '$(NETWORK_TESTS)' --skip '$(CLUSTER_TESTS)'

check-manual:
	@# It also remarks on manuals that this machine does not have.
	@lint=$$(mandoc -T lint -W warning $(MAN) 2>&1) || { echo "$$lint" | grep -v mandoc.db >&2; exit 1; }

# What `git ops init` installs and what lies in Hooks/ is the same.
check-hooks:
	Tests/bench/hooks $(BUILD)/release Hooks

check-instructions:
	Tests/bench/instructions $(BUILD)/release

# Coverage-guided, with the address sanitizer, for FUZZ_SECONDS; what is found stays in $(BUILD)/fuzz.
# The default linker cannot read the debug information of the sanitizers.
fuzz:
	@.ci/packages $(BUILD_PACKAGES)
	GIT_OPS_FUZZ=1 $(SWIFT) build -c release --product fuzz --scratch-path $(BUILD)/fuzzing \
		-Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld
	Tests/fuzz/run $(BUILD)/fuzzing/release/fuzz $(BUILD)/fuzz

bench:
	@.ci/packages $(BUILD_PACKAGES) $(BENCH_PACKAGES)
	@$(MAKE) --no-print-directory all
	@Tests/bench/instructions $(BUILD)/release
	@Tests/bench/run $(BUILD)/release

# For SOAK_SECONDS; nothing that a push waits for.
soak:
	@.ci/packages $(BUILD_PACKAGES) python3:python3
	@$(MAKE) --no-print-directory all
	@Tests/soak/run $(BUILD)/release

# Install and uninstall go through the same lists.
install:
	@test -x $(BINARY) || { echo 'error: nothing is built yet' >&2; echo 'hint: make' >&2; exit 1; }
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(hookdir) $(DESTDIR)$(docdir)/examples \
		$(foreach section,$(sort $(subst .,,$(suffix $(MAN)))),$(DESTDIR)$(mandir)/man$(section)) \
		$(dir $(addprefix $(DESTDIR),$(COMPLETIONS)))
	$(INSTALL) -m 755 $(BINARY) $(DESTDIR)$(bindir)/git-ops
	@# A machine that deploys to directories only, and tells nobody, needs no more.
	@set -e; for program in $(PROGRAMS); do [ ! -x $(BUILD)/release/$$program ] || \
		$(INSTALL) -m 755 $(BUILD)/release/$$program $(DESTDIR)$(bindir)/$$program; done
	@set -e; for verb in $(VERBS); do ln -sf git-ops $(DESTDIR)$(bindir)/git-ops-$$verb; done
	@set -e; for page in $(MAN); do $(INSTALL) -m 644 $$page $(DESTDIR)$(mandir)/man$${page##*.}/; done
	@# Hooks are given the folder of this installation.
	@set -e; for hook in $(HOOKS); do to=$(DESTDIR)$(hookdir)/$${hook##*/}; \
		sed 's|:/usr/local/bin"$$|:$(bindir)"|' $$hook >$$to; chmod 755 $$to; done
	$(BINARY) completion bash >$(DESTDIR)$(word 1,$(COMPLETIONS))
	$(BINARY) completion zsh >$(DESTDIR)$(word 2,$(COMPLETIONS))
	$(BINARY) completion fish >$(DESTDIR)$(word 3,$(COMPLETIONS))
	@chmod 644 $(addprefix $(DESTDIR),$(COMPLETIONS))
	$(INSTALL) -m 644 $(DOCS) $(DESTDIR)$(docdir)/
	$(INSTALL) -m 755 $(EXAMPLES) $(DESTDIR)$(docdir)/examples/

COMPLETIONS = $(datadir)/bash-completion/completions/git-ops $(datadir)/zsh/site-functions/_git-ops \
	$(datadir)/fish/vendor_completions.d/git-ops.fish
INSTALLED = $(bindir)/git-ops $(addprefix $(bindir)/,$(PROGRAMS)) $(addprefix $(bindir)/git-ops-,$(VERBS)) \
	$(foreach page,$(MAN),$(mandir)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
	$(addprefix $(hookdir)/,$(notdir $(HOOKS))) $(COMPLETIONS) \
	$(addprefix $(docdir)/,$(notdir $(DOCS))) \
	$(addprefix $(docdir)/examples/,$(notdir $(EXAMPLES)))
INSTALLED_FOLDERS = $(hookdir) $(datadir)/git-ops $(docdir)/examples $(docdir)

# Folders that others may use as well stay.
uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	@for folder in $(addprefix $(DESTDIR),$(INSTALLED_FOLDERS)); do \
		[ ! -d $$folder ] || rmdir --ignore-fail-on-non-empty $$folder; done

clean:
	rm -rf $(BUILD)

help:
	@echo 'make              build the release: .build/release/git-ops, git-ops-target-kubernetes, git-ops-notify and git-ops-agent'
	@echo 'make git-ops      build git-ops alone, for machines that deploy to directories'
	@echo 'make demo         install the packages it needs, build, and play the whole story in a temporary place'
	@echo 'make test         install the packages it needs, build, and run every test'
	@echo 'make fuzz         look for inputs that break the checks, for FUZZ_SECONDS=3600'
	@echo 'make bench        measure, beside what people use today'
	@echo 'make soak         let the agent work where much goes wrong, for SOAK_SECONDS=1800'
	@echo 'make deps         install the packages that the build needs'
	@echo 'make install      install what is built: PREFIX=/usr/local DESTDIR='
	@echo 'make uninstall    remove what install put there'
	@echo 'make clean        remove what was built'
