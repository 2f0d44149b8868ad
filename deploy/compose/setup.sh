#!/bin/sh
# What deploy/compose.yaml needs before its first start: certificates, passwords, the token, the
# first entries. Each service gets its own part alone; the plain token and the key of the certificate
# authority stay in a volume that no service has.
#
#   setup.sh make    once; does nothing where it was done
#   setup.sh token   prints the token
#   setup.sh ca      prints the certificate of the authority
#   setup.sh admin   prints the password of cn=admin,dc=example,dc=org
set -eu
umask 077

own=/secrets/setup
openldap=/secrets/openldap
gateway=/secrets/gateway
suffix=dc=example,dc=org

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2> /dev/null; }

# certificate FOLDER NAMES: for a server; NAMES as in subjectAltName
certificate() {
  new_key "$1/tls.key"
  openssl req -new -key "$1/tls.key" -subj /CN=scim2ldap -out "$own/request"
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$2" \
    > "$own/extensions"
  openssl x509 -req -in "$own/request" -days 825 -CA "$own/ca.pem" -CAkey "$own/ca.key" \
    -extfile "$own/extensions" -out "$1/tls.crt" 2> /dev/null
  cp "$own/ca.pem" "$1/ca.pem"
}

entries() {
  cat << LDIF
dn: $suffix
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,$suffix
objectClass: organizationalUnit
ou: people

dn: ou=groups,$suffix
objectClass: organizationalUnit
ou: groups

dn: ou=policies,$suffix
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,$suffix
objectClass: device
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdMinLength: 8
pwdCheckQuality: 2
pwdLockout: TRUE
pwdMaxFailure: 5

dn: cn=service,ou=policies,$suffix
objectClass: device
objectClass: pwdPolicy
cn: service
pwdAttribute: userPassword

dn: cn=scim2ldap,$suffix
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: scim2ldap
description: Service account of the SCIM gateway
userPassword: $(slappasswd -n -T "$gateway/ldap-password")
pwdPolicySubentry: cn=service,ou=policies,$suffix
LDIF
}

make() {
  if [ -e "$own/done" ]; then
    echo 'Set up before; nothing to do.'
    return
  fi
  case $SCIM_HOST in
    '' | *[!A-Za-z0-9.-]*) echo "SCIM_HOST is no host name: $SCIM_HOST" >&2; exit 1 ;;
  esac
  new_key "$own/ca.key"
  openssl req -x509 -new -key "$own/ca.key" -days 3650 -subj '/CN=scim2ldap private CA' \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -out "$own/ca.pem"
  certificate "$openldap" DNS:openldap
  certificate "$gateway" "DNS:$SCIM_HOST,DNS:localhost,DNS:gateway,IP:127.0.0.1"

  openssl rand -base64 32 | tr -d '=\n' | tr '+/' '-_' > "$own/token"
  sha256sum < "$own/token" | cut -c 1-64 > "$gateway/token.sha256"
  openssl rand -hex 24 | tr -d '\n' > "$gateway/ldap-password"
  openssl rand -hex 24 | tr -d '\n' > "$own/admin"
  echo "rootpw $(slappasswd -n -T "$own/admin")" > "$openldap/rootpw.conf"

  rm -f /openldap/db/*
  entries | slapadd -f /setup/slapd.conf
  # Who runs as what: compose.yaml, the image.
  chown -R 1001:1001 "$openldap" /openldap/db
  chown -R 1000:1000 "$gateway"
  touch "$own/done"
  echo 'Certificates, passwords and the token are made.'
}

case ${1:-} in
  make) make ;;
  token | admin) cat "$own/$1"; echo ;;
  ca) cat "$own/ca.pem" ;;
  *) sed -n '6,9s/^# *//p' "$0" >&2; exit 64 ;;
esac
