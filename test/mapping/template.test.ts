import { describe, expect, test } from 'vitest'
import { parseDn, printDn } from '../../src/ldap/dn.ts'
import type { TemplateScope } from '../../src/mapping/template.ts'
import {
  compileTemplate,
  expandDn,
  expandText,
  readsDifference,
} from '../../src/mapping/template.ts'
import type { Resource } from '../../src/scim/resource.ts'
import { ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'

const scope: TemplateScope = {
  suffix: parseDn('o=A\\2CB,c=DE'),
  extensions: new Map([['enterprise', ENTERPRISE_USER_SCHEMA]]),
}
const anna: Resource = {
  userName: 'anna',
  name: { givenName: 'Anna', familyName: 'Ax' },
  emails: [{ value: 'a@x', type: 'work' }],
  [ENTERPRISE_USER_SCHEMA]: { department: 'R&D' },
}
const text = (source: string, resource = anna) =>
  expandText(compileTemplate(source), resource, scope)
const dn = (source: string, resource = anna) => {
  const expanded = expandDn(compileTemplate(source), resource, scope)
  return 'dn' in expanded ? printDn(expanded.dn) : expanded
}

describe('the text of a template', () => {
  test.each([
    ['{{ userName }}', 'anna'],
    ['{{ name.givenName }} {{ name.familyName }}', 'Anna Ax'],
    ['{{ name.givenName }} {{ name.middleName }}', 'Anna'],
    ['{{ emails[0].value }}', 'a@x'],
    ['{{ enterprise.department }}', 'R&D'],
    ['{{ enterprise.costCenter }}', ''],
    ['{{ displayName | default: userName | upcase }}', 'ANNA'],
    ['{% if enterprise.department %}in{% else %}out{% endif %}', 'in'],
    ['{{ suffix }}', 'o=A\\2CB,c=DE'],
    ['plain', 'plain'],
    ['', ''],
  ])('%s is %s', (source, expanded) => expect(text(source)).toBe(expanded))

  test('is taken as it is: nothing in it is escaped or run', () => {
    expect(text('{{ userName }}', { userName: '<a>,{{ name.givenName }}\\' })).toBe(
      '<a>,{{ name.givenName }}\\',
    )
  })

  test.each(['constructor', '__proto__', 'userName.constructor'])('finds nothing in %s', (name) =>
    expect(text(`{{ ${name} }}`)).toBe(''),
  )
})

describe('the DN of a template', () => {
  test('escapes each value for where it stands, and leaves the suffix as it is', () => {
    expect(dn('uid={{ userName }},ou=people,{{ suffix }}', { userName: 'a,b=c+"d"\\<e>;f' })).toBe(
      'uid=a\\2Cb\\3Dc\\2B\\22d\\22\\5C\\3Ce\\3E\\3Bf,ou=people,o=A\\2CB,c=DE',
    )
  })

  test.each([
    ['x,ou=admins', 'uid=x\\2Cou\\3Dadmins,c=DE'],
    ['#04', 'uid=\\2304,c=DE'],
    [' a ', 'uid=\\20a\\20,c=DE'],
    ['Ünï 😀', 'uid=Ünï 😀,c=DE'],
    ['{{ name.givenName }}', 'uid={{ name.givenName }},c=DE'],
    ['a\nb', 'uid=a\\0Ab,c=DE'],
  ])('the value %j stays one value', (userName, printed) => {
    expect(dn('uid={{ userName }},c=DE', { userName })).toBe(printed)
  })

  test('may have numbers, several values in an RDN, and parts that are chosen', () => {
    const source =
      'cn={{ userName }}+uidNumber={{ number }},{% if enterprise.department %}ou={{ enterprise.department }},{% endif %}{{ suffix }}'
    expect(dn(source, { ...anna, number: 7 })).toBe('cn=anna+uidNumber=7,ou=R&D,o=A\\2CB,c=DE')
    expect(dn(source, { userName: 'b', number: 7 })).toBe('cn=b+uidNumber=7,o=A\\2CB,c=DE')
  })

  test.each<Resource>([{}, { userName: '' }, { userName: ' \t' }])(
    'of %j tells what is missing',
    (resource) => {
      expect(dn('uid={{ userName }},{{ suffix }}', resource)).toEqual({ missing: ['userName'] })
    },
  )

  test('tells all that is missing', () => {
    expect(
      dn('uid={{ name.givenName }}.{{ enterprise.division }},c=DE', { userName: 'b' }),
    ).toEqual({ missing: ['name.givenName', 'enterprise.division'] })
  })

  test('of a complex value is a mistake of the mapping', () => {
    expect(() => dn('cn={{ name }},c=DE')).toThrow('a complex value in a DN')
    expect(() => dn('cn={{ emails }},c=DE')).toThrow('a complex value in a DN')
  })

  test('of a value that is empty by a filter is a mistake of the mapping', () => {
    expect(() => dn("cn={{ userName | remove: 'anna' }},c=DE")).toThrow('an empty value in a DN')
  })
})

describe('samAccountName', () => {
  test.each([
    ['ann', 'ann'],
    ['Ann Ash', 'Ann Ash'],
    [' a.b-c_d ', 'a.b-c_d'],
    ['Zoë Łoś', 'Zoe Los'],
    ['Größe', 'Grosse'],
    ['Ольга Щукина', 'Olga Shchukina'],
    ['Ελένη', 'Eleni'],
    ['王小明', 'WangXiaoMing'],
    ['e\u0301', 'e'],
    ['a"/\\[]:;|=,+*?<>@b', 'a________________b'],
    ['a\tb', 'a_b'],
    ['abcdefghijklmnopqrstuvwxyz', 'abcdefghijklmnopqrst'],
    ['abcdefghijklmnopqrs.uvw', 'abcdefghijklmnopqrs'],
    ['abcdefghijklmnopqr. uvw', 'abcdefghijklmnopqr'],
    ['a...', 'a'],
    ['ab🙂', 'ab_slight_smile_'],
    ['\ue000', ''],
    ['O’Brien', "O'Brien"],
    ['...', ''],
  ])('makes of %j %j', (userName, name) => {
    expect(text('{{ userName | samAccountName }}', { userName })).toBe(name)
  })

  test('is as long as said', () => {
    expect(text('{{ userName | samAccountName: 3 }}', { userName: 'abcd' })).toBe('abc')
  })

  test('has room for its number', () => {
    const template = compileTemplate('{{ userName | samAccountName: 20, n }}')
    expect(template.numbered).toBe(true)
    const of = (userName: string, n?: number) => expandText(template, { userName }, { ...scope, n })
    expect(of('ann')).toBe('ann')
    expect(of('ann', 2)).toBe('ann2')
    expect(of('abcdefghijklmnopqrstuvwxyz')).toBe('abcdefghijklmnopqrst')
    expect(of('abcdefghijklmnopqrstuvwxyz', 12)).toBe('abcdefghijklmnopqr12')
    expect(of('@', 2)).toBe('_2')
    expect(of('...', 2)).toBe('')
  })

  test('of nothing is nothing', () => {
    expect(text('{{ title | samAccountName }}', { userName: 'a' })).toBe('')
  })
})

describe('a template', () => {
  test('knows what it reads, save the suffix', () => {
    const source =
      '{% if title %}{{ name.givenName | append: userName }}{% endif %}{{ emails[0].value }},{{ suffix }}'
    expect(compileTemplate(source).variables).toEqual([
      ['title'],
      ['name', 'givenName'],
      ['userName'],
      ['emails', 0, 'value'],
    ])
  })

  test('does not read what it assigns itself', () => {
    const source = '{% assign x = userName | downcase %}{{ x }}'
    expect(compileTemplate(source).variables).toEqual([['userName']])
    expect(text(source, { userName: 'ANNA' })).toBe('anna')
  })

  test.each([
    ['{{ userName', 'output "{{ userName" not closed, line:1, col:1'],
    ['{{ userName | shout }}', 'undefined filter: shout, line:1, col:1'],
    ['{% if userName %}', 'tag {% if userName %} not closed, line:1, col:1'],
    ['{% shout %}', 'tag "shout" not found, line:1, col:1'],
  ])('%s is refused', (source, message) => {
    expect(() => compileTemplate(source)).toThrow(new SyntaxError(message))
  })

  test.each(['include', 'render', 'layout'])('cannot %s a file', (tag) => {
    expect(() => compileTemplate(`{% ${tag} "package.json" %}`)).toThrow(SyntaxError)
  })

  test('tells whether a change concerns it', () => {
    const template = compileTemplate('{{ name.givenName }} {{ enterprise.department }}')
    const differs = (after: Resource) => readsDifference(template, anna, after, scope)
    expect(differs({ ...anna, userName: 'b' })).toBe(false)
    expect(differs({ ...anna, name: { givenName: 'Anna' } })).toBe(false)
    expect(differs({ ...anna, name: { givenName: 'Anne' } })).toBe(true)
    expect(differs({ ...anna, [ENTERPRISE_USER_SCHEMA]: {} })).toBe(true)
    expect(differs({})).toBe(true)
  })
})

describe('the number of a name', () => {
  const template = compileTemplate('cn={{ userName }}{% if n %} ({{ n }}){% endif %},ou=x{{ n }}')
  const nameWith = (n: number | undefined) => {
    const expanded = expandDn(template, { ...anna, n: 'client' }, { ...scope, n })
    return 'dn' in expanded && printDn(expanded.dn)
  }

  test('is nothing for the first, and a number for others', () => {
    expect(nameWith(undefined)).toBe('cn=anna,ou=x')
    expect(nameWith(2)).toBe('cn=anna (2),ou=x2')
    const written = compileTemplate('{{ userName | append: n }}')
    expect(expandText(written, anna, scope)).toBe('anna')
    expect(expandText(written, anna, { ...scope, n: 3 })).toBe('anna3')
  })

  test('is no attribute', () => {
    expect(template.numbered).toBe(true)
    expect(template.variables).toEqual([['userName']])
    expect(compileTemplate('{{ userName }}').numbered).toBe(false)
  })
})
