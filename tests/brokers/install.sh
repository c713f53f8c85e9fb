#!/usr/bin/env bash
# Brings the brokers that tests/sinks needs: RabbitMQ and NATS from Debian, Kafka's jars through
# Maven. May be run again: it does nothing that was done. Needs apt-get (as root or by sudo), a
# Java of 17 or later and mvn. None of the brokers is started here, nor as a service.
set -euo pipefail
cd "$(dirname "$0")"

jars=.cache/kafka

missing=()
command -v rabbitmq-server >/dev/null || [[ -x /usr/sbin/rabbitmq-server ]] || missing+=(rabbitmq-server)
command -v nats-server >/dev/null || [[ -x /usr/sbin/nats-server ]] || missing+=(nats-server)

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

# What Debian asks before it starts a service of a new package: 101 is no.
policy=/usr/sbin/policy-rc.d
if [[ ${#missing[@]} -gt 0 ]]; then
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod +x "$policy"
        trap 'as_root rm -f "$policy"' EXIT
    fi
    as_root apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
        apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# The pom says which version: another one than last time makes the folder anew.
if ! cmp -s pom.xml "$jars/pom.xml"; then
    rm -rf "$jars" "$jars.part"
    mvn --quiet --batch-mode dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$PWD/$jars.part" >/dev/null
    cp pom.xml "$jars.part/pom.xml"
    mv "$jars.part" "$jars"
fi
