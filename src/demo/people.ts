import type { Dn } from '../ldap/dn.ts'
import type { NewEntry } from './ldif.ts'
import { childOf, parseDn, printDn } from '../ldap/dn.ts'
import { plain } from './entries.ts'

/** Login, given name (some people have none), family name, name as displayed if it is not "given family". */
type Name = readonly [login: string, given: string, family: string, displayed?: string]

interface Place {
  readonly street: string
  readonly city: string
  readonly region: string
  readonly postalCode: string
  readonly phone: string
  readonly language: string
}

/** The first leads everybody, the next five lead the departments in their order. */
const NAMES: readonly Name[] = [
  ['amara.okafor', 'Amara', 'Okafor'],
  ['soren.kjaergaard', 'Søren', 'Kjærgaard'],
  ['mai.nguyen', 'Thị Mai', 'Nguyễn', 'Nguyễn Thị Mai'],
  ['jose.garcia', 'José María', 'García y Vega'],
  ['yulia.petrova', 'Юлия', 'Петрова'],
  ['priya.raghunathan', 'Priya', 'Raghunathan'],
  ['zoe.mueller', 'Zoë', 'Müller-Lüdenscheidt'],
  ['wei.wang', '伟', '王', '王伟'],
  ['aoife.oconnor', 'Aoife', "O'Connor"],
  ['bob.smith', 'Robert', 'Smith', 'Robert "Bob" Smith'],
  ['charles.lewis', 'Charles', 'Lewis, Jr.', 'Lewis, Charles, Jr.'],
  ['hanako.yamada', '花子', '山田', '山田花子'],
  ['lukasz.wisniewski', 'Łukasz', 'Wiśniewski'],
  ['ipek.yilmaz', 'İpek', 'Yılmaz'],
  ['olafur.jonsson', 'Ólafur', 'Jónsson'],
  ['theodora.papadopoulou', 'Θεοδώρα', 'Παπαδοπούλου'],
  ['minjun.kim', '민준', '김', '김민준'],
  ['chloe.daubigne', 'Chloé', "D'Aubigné"],
  ['jan.vanderberg', 'Jan', 'van der Berg'],
  ['fatima.alzahra', 'فاطمة', 'الزهراء'],
  ['kwame.mensah', 'Kwame', 'Mensah'],
  ['leilani.kealoha', 'Leilani', 'Keāloha'],
  ['hakan.angstrom', 'Håkan', 'Ångström'],
  ['sarka.dvorakova', 'Šárka', 'Dvořáková'],
  ['tiago.goncalves', 'Tiago', 'Gonçalves'],
  ['sinead.nibhriain', 'Sinéad', 'Ní Bhriain'],
  ['deepika.sharma', 'दीपिका', 'शर्मा'],
  ['uri.cohen', 'אורי', 'כהן'],
  ['wulandari', '', 'Wulandari'],
  ['anne.sofie', 'Anne-Sofie', 'Berg + Dahl', 'Anne-Sofie Berg + Dahl'],
]

const DEPARTMENTS = ['Engineering', 'Sales', 'Finance', 'People & Culture', 'Support'] as const

const TITLES: Readonly<Record<(typeof DEPARTMENTS)[number], readonly string[]>> = {
  Engineering: ['Software Engineer', 'Site Reliability Engineer', 'Test Engineer'],
  Sales: ['Account Manager', 'Sales Engineer'],
  Finance: ['Accountant', 'Controller'],
  'People & Culture': ['Recruiter', 'Payroll Specialist'],
  Support: ['Support Engineer', 'Support Lead'],
}

/** Telephone numbers of ranges that are set aside for examples and fiction, or far too short. */
const PLACES: readonly Place[] = [
  {
    street: '12 Example Row',
    city: 'London',
    region: 'Greater London',
    postalCode: 'EC1A 1AA',
    phone: '+44 20 7946',
    language: 'en-GB',
  },
  {
    street: 'Musterstraße 7',
    city: 'Köln',
    region: 'Nordrhein-Westfalen',
    postalCode: '50667',
    phone: '+49 221 0000',
    language: 'de-DE',
  },
  {
    street: '500 Sample Avenue, Suite 3',
    city: 'Springfield',
    region: 'IL',
    postalCode: '62701',
    phone: '+1 217 555',
    language: 'en-US',
  },
]

/**
 * `count` people below `ou=people`, always the same: first those with names of their own, then as
 * many as it takes with the same names and a number.
 */
export function people(suffix: string, count = NAMES.length): readonly NewEntry[] {
  const base = parseDn(`ou=people,${suffix}`)
  return Array.from({ length: count }, (_, index) => person(base, index))
}

/** Six groups below `ou=groups`: all of `members`, one per department of theirs. */
export function groups(suffix: string, members: readonly NewEntry[]): readonly NewEntry[] {
  const base = parseDn(`ou=groups,${suffix}`)
  const all = members.map(({ dn }) => printDn(dn))
  const group = (cn: string, description: string, member: readonly string[]) =>
    plain(childOf(base, [{ type: 'cn', value: cn }]), {
      objectClass: 'groupOfNames',
      cn,
      description,
      // A groupOfNames has at least one member; the gateway's placeholder where there is none.
      member: member.length > 0 ? member : [`cn=nobody,${suffix}`],
    })
  return [
    group('Everyone', 'All people', all),
    ...DEPARTMENTS.map((department, index) =>
      group(
        // One name with what has to be escaped in a DN.
        department === 'Support' ? 'Support, "first line"' : department,
        `Who works in ${department}`,
        all.filter((_, person) => departmentOf(person) === index),
      ),
    ),
  ]
}

function person(base: Dn, index: number): NewEntry {
  const { login, given, family, displayed } = nameOf(index)
  const department = departmentOf(index)
  const name = DEPARTMENTS[department] ?? DEPARTMENTS[0]
  const place = pick(PLACES, index)
  const extension = String(100 + (index % 900))
  const manager = managerOf(index)
  return plain(childOf(base, [{ type: 'uid', value: login }]), {
    objectClass: 'inetOrgPerson',
    uid: login,
    cn: displayed,
    sn: family,
    ...(given === '' ? {} : { givenName: given }),
    displayName: displayed,
    mail: `${login}@example.com`,
    telephoneNumber: `${place.phone} 0${extension}`,
    ...(index % 3 === 0 ? { mobile: `${place.phone} 1${extension}` } : {}),
    title: titleOf(index, name),
    departmentNumber: name,
    employeeNumber: String(1001 + index),
    employeeType: index % 7 === 6 ? 'Contractor' : 'Employee',
    street: place.street,
    l: place.city,
    st: place.region,
    postalCode: place.postalCode,
    preferredLanguage: place.language,
    ...(manager === undefined
      ? {}
      : { manager: printDn(childOf(base, [{ type: 'uid', value: nameOf(manager).login }])) }),
  })
}

function nameOf(index: number) {
  const [login, given, family, displayed] = pick(NAMES, index)
  const round = Math.floor(index / NAMES.length)
  const whole = displayed ?? `${given} ${family}`.trim()
  return round === 0
    ? { login, given, family, displayed: whole }
    : {
        login: `${login}${round}`,
        given,
        family: `${family} ${round}`,
        displayed: `${whole} ${round}`,
      }
}

function departmentOf(index: number): number {
  return Math.max(0, index - 1) % DEPARTMENTS.length
}

function titleOf(index: number, department: (typeof DEPARTMENTS)[number]): string {
  if (index === 0) return 'Managing Director'
  if (index <= DEPARTMENTS.length) return `Head of ${department}`
  return pick(TITLES[department], Math.floor(index / DEPARTMENTS.length))
}

function managerOf(index: number): number | undefined {
  if (index === 0) return undefined
  return index <= DEPARTMENTS.length ? 0 : departmentOf(index) + 1
}

function pick<T>(values: readonly T[], index: number): T {
  const value = values[index % values.length]
  if (value === undefined) throw new RangeError('nothing to pick from')
  return value
}
