import { defineAttribute } from '../attribute.ts'
import { EXTERNAL_ID } from '../common-attributes.ts'
import { USER_SCHEMA } from '../urn.ts'
import type { Attribute } from '../attribute.ts'
import type { Schema } from '../schema.ts'

const TYPE_OF_ADDRESS = ['work', 'home', 'other']

/** The core User schema (RFC 7643 §4.1, §8.7.1). A mapping keeps of it what it fills. */
export const USER: Schema = {
  id: USER_SCHEMA,
  name: 'User',
  description: 'User account',
  attributes: [
    EXTERNAL_ID,
    defineAttribute('userName', 'Name that the user signs in with; unique in any letter case.', {
      required: true,
      uniqueness: 'server',
    }),
    defineAttribute('name', 'Parts of the name of the person.', {
      type: 'complex',
      subAttributes: [
        defineAttribute('formatted', 'Whole name as it is shown, with titles and suffixes.'),
        defineAttribute('familyName', 'Family name, or last name.'),
        defineAttribute('givenName', 'Given name, or first name.'),
        defineAttribute('middleName', 'Middle names.'),
        defineAttribute('honorificPrefix', 'What stands before the name, e.g. "Dr."'),
        defineAttribute('honorificSuffix', 'What stands after the name, e.g. "III"'),
      ],
    }),
    defineAttribute('displayName', 'Name of the user as shown to others.'),
    defineAttribute('nickName', 'Casual name, e.g. "Bob" for Robert.'),
    defineAttribute('profileUrl', "URL of the user's profile page.", {
      type: 'reference',
      referenceTypes: ['external'],
    }),
    defineAttribute('title', 'Job title, e.g. "Vice President".'),
    defineAttribute('userType', 'Relation to the organisation, e.g. "Employee".'),
    defineAttribute('preferredLanguage', 'Languages the user prefers, as in Accept-Language.'),
    defineAttribute('locale', 'Language tag for dates, numbers and currency, e.g. "en-US".'),
    defineAttribute('timezone', 'Time zone by its IANA name, e.g. "Europe/Berlin".'),
    defineAttribute('active', 'Whether the account can be used.', { type: 'boolean' }),
    defineAttribute('password', 'New password in clear text. Never returned.', {
      caseExact: true,
      mutability: 'writeOnly',
      returned: 'never',
    }),
    multiValued('emails', 'E-mail addresses.', [
      defineAttribute('value', 'E-mail address.'),
      ...aspects('the address', TYPE_OF_ADDRESS),
    ]),
    multiValued('phoneNumbers', 'Telephone numbers.', [
      defineAttribute('value', 'Telephone number, by preference as in RFC 3966.'),
      ...aspects('the number', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
    ]),
    multiValued('ims', 'Instant messaging addresses.', [
      defineAttribute('value', 'Instant messaging address.'),
      ...aspects('the address', ['aim', 'gtalk', 'icq', 'xmpp', 'msn', 'skype', 'qq', 'yahoo']),
    ]),
    multiValued('photos', 'Pictures of the user.', [
      defineAttribute('value', 'URL of the picture.', {
        type: 'reference',
        caseExact: true, // RFC 7643 §2.3.7, against §8.7.1
        referenceTypes: ['external'],
      }),
      ...aspects('the picture', ['photo', 'thumbnail']),
    ]),
    multiValued('addresses', 'Postal addresses.', [
      defineAttribute('formatted', 'Whole address as on a label; may have several lines.'),
      defineAttribute('streetAddress', 'Street, house number, box; may have several lines.'),
      defineAttribute('locality', 'City or town.'),
      defineAttribute('region', 'State or region.'),
      defineAttribute('postalCode', 'Postal code.'),
      defineAttribute('country', 'Country by its ISO 3166-1 alpha-2 code, e.g. "DE".'),
      ...aspects('the address', TYPE_OF_ADDRESS).filter(({ name }) => name !== 'display'),
    ]),
    defineAttribute('groups', 'Groups the user belongs to. Changed through the groups.', {
      type: 'complex',
      multiValued: true,
      mutability: 'readOnly',
      subAttributes: [
        defineAttribute('value', 'Id of the group.', { caseExact: true, mutability: 'readOnly' }),
        defineAttribute('$ref', 'URL of the group.', {
          type: 'reference',
          caseExact: true,
          mutability: 'readOnly',
          referenceTypes: ['User', 'Group'],
        }),
        defineAttribute('display', 'Name of the group.', { mutability: 'readOnly' }),
        defineAttribute('type', 'Member itself, or through another group.', {
          mutability: 'readOnly',
          canonicalValues: ['direct', 'indirect'],
        }),
      ],
    }),
    multiValued('entitlements', 'Things the user is entitled to.', [
      defineAttribute('value', 'Entitlement.'),
      ...aspects('the entitlement'),
    ]),
    multiValued('roles', 'Roles of the user.', [
      defineAttribute('value', 'Role.'),
      ...aspects('the role'),
    ]),
    multiValued('x509Certificates', 'Certificates of the user.', [
      defineAttribute('value', 'DER-encoded certificate in base64.', {
        type: 'binary',
        caseExact: true, // RFC 7643 §2.3.6, against §8.7.1
      }),
      ...aspects('the certificate'),
    ]),
  ],
}

function multiValued(
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
): Attribute {
  return defineAttribute(name, description, { type: 'complex', multiValued: true, subAttributes })
}

/** The sub-attributes that values of multi-valued attributes have in common (RFC 7643 §2.4). */
function aspects(what: string, types?: readonly string[]): readonly Attribute[] {
  return [
    defineAttribute('display', `Name of ${what} as shown to people.`),
    defineAttribute('type', `What ${what} is for.`, types && { canonicalValues: types }),
    defineAttribute('primary', `Whether this is the preferred one; true once at most.`, {
      type: 'boolean',
    }),
  ]
}
