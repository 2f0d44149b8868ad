#!/bin/sh
# Loads the first entries, then becomes slapd in the foreground, as an ordinary user.
set -e
cd /openldap
if [ -f preload.ldif ]; then
  slapadd -q -f slapd.conf -l preload.ldif
  rm preload.ldif
fi
chown -R openldap:openldap /openldap
exec slapd -d none -u openldap -g openldap -f slapd.conf -h 'ldap:/// ldaps:///'
