import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { CERTIFICATE_FILE, KEY_FILE, makeCertificates } from '../../src/demo/tls.ts'
import { startGateway, tokenOptions } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { havePrograms } from '../support/programs.ts'

const run = promisify(execFile)
const DEPLOY = resolve(import.meta.dirname, '../../deploy')
const ALERTS = join(DEPLOY, 'prometheus/alerts.yaml')

interface Panel {
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number }
  readonly targets?: readonly { readonly expr: string }[]
}

interface Dashboard {
  readonly uid: string
  readonly panels: readonly Panel[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: unknown }[]
  }
}

interface Rule {
  readonly alert: string
  readonly expr: string
}

const dashboard = JSON.parse(
  readFileSync(join(DEPLOY, 'grafana/scim2ldap.json'), 'utf8'),
) as Dashboard
const { groups } = parse(readFileSync(ALERTS, 'utf8')) as { groups: [{ rules: readonly Rule[] }] }

const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr })),
)
const variables = dashboard.templating.list.flatMap(({ name, query }) =>
  typeof query === 'string' ? [] : [{ title: name, expr: (query as { query: string }).query }],
)
const alerts = groups[0].rules.map(({ alert, expr }) => ({ title: alert, expr }))

/** Labels by the names of all metrics of a gateway that has served a few requests. */
let exported: ReadonlyMap<string, ReadonlySet<string>>

beforeAll(async () => {
  const directory = await startOpenLdap({ suffix: 'dc=example,dc=test' })
  // Everything that is counted only where it happens is to happen.
  const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-pair-'))
  await makeCertificates(folder)
  const pem = (name: string) => readFileSync(join(folder, name), 'utf8')
  const pair = { certificate: pem(CERTIFICATE_FILE), key: pem(KEY_FILE) }
  const gateway = await startGateway(directory, {
    breaker: { deletes: 0 },
    directory: { tls: { ca: directory.ca, ...pair } },
    clients: [{ name: 'other', tokens: [{ ...tokenOptions('other'), expires: '2099-01-01' }] }],
  })
  try {
    const created = await gateway.post('/Users', { userName: 'ada', name: { familyName: 'L' } })
    expect(created.status).toBe(201) // a quirk: it has no "schemas"
    expect((await gateway.delete(`/Users/${created.body.id}`)).status).toBe(403)
    const wrong = { authorization: 'Bearer wrong' }
    expect((await gateway.get('/Users', wrong)).status).toBe(401)
    exported = labelsOf(await (await fetch(`${gateway.adminUrl}/metrics`)).text())
  } finally {
    await gateway.stop()
    await directory.stop()
    rmSync(folder, { recursive: true })
  }
})

/** Of a text in the format of Prometheus. What Prometheus itself adds to each metric is not there. */
function labelsOf(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>()
  for (const line of text.split('\n')) {
    const [, name, inner = ''] = /^([a-z_0-9]+)(?:\{(.*)\})? /i.exec(line) ?? []
    if (name === undefined) continue
    const known = labels.get(name) ?? new Set()
    for (const [, label = ''] of inner.matchAll(/(\w+)="/g)) known.add(label)
    labels.set(name, known)
  }
  return labels
}

/** Metrics that an expression names, each with the labels that it selects or groups by. */
function usedIn(expr: string): readonly { readonly metric: string; readonly labels: string[] }[] {
  const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim()),
  )
  return [...expr.matchAll(/\b((?:scim2ldap|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, metric = '', inner = '']) => ({
      metric,
      labels: [...grouped, ...[...inner.matchAll(/(\w+)(?:=|!)/g)].map(([, label = '']) => label)],
    }),
  )
}

describe.each([
  ...queries.map((one) => ({ ...one, where: 'panel' })),
  ...variables.map((one) => ({ ...one, where: 'variable' })),
  ...alerts.map((one) => ({ ...one, where: 'alert' })),
])('$where $title', ({ expr }) => {
  test('asks for what the gateway exports', () => {
    const used = usedIn(expr)
    expect(used.length).toBeGreaterThan(0)
    for (const { metric, labels } of used) {
      const known = exported.get(metric)
      expect(known, metric).toBeDefined()
      expect(labels.filter((label) => label !== 'instance' && !known?.has(label))).toEqual([])
    }
  })
})

describe('the dashboard', () => {
  test('shows every metric of our own', () => {
    const shown = new Set(queries.flatMap(({ expr }) => usedIn(expr)).map(({ metric }) => metric))
    const own = [...exported.keys()].filter(
      (name) => name.startsWith('scim2ldap_') && !/_(sum|count)$/.test(name),
    )
    expect(own.filter((name) => !shown.has(name))).toEqual([])
  })

  test('tells of each panel what it shows, and no panel lies over another', () => {
    const panels = dashboard.panels.filter(({ type }) => type !== 'row')
    expect(panels.filter(({ description = '' }) => description === '')).toEqual([])
    const places = panels.map(({ gridPos: { x, y } }) => `${x}/${y}`)
    expect(new Set(places).size).toBe(places.length)
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
  })
})

// It comes with the package prometheus, which setup.ts installs where it can.
describe.runIf(await havePrograms('promtool'))('promtool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-promtool-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('reads every alert', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', ALERTS])
    expect(stdout).toContain(`SUCCESS: ${alerts.length} rules found`)
  })

  test('reads every query of the dashboard', async () => {
    const rules = queries.map(({ expr }, index) => ({
      record: `query:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }))
    const file = join(folder, 'dashboard.yaml')
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }))
    const { stdout } = await run('promtool', ['check', 'rules', file])
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`)
  })

  test('sees alerts when there is reason to, and none otherwise', async () => {
    const file = resolve(import.meta.dirname, 'alerts.yaml')
    const { stdout } = await run('promtool', ['test', 'rules', file]).catch((error: unknown) => {
      throw new Error((error as { stdout: string }).stdout, { cause: error })
    })
    expect(stdout).toContain('SUCCESS')
    const tested = readFileSync(file, 'utf8')
    expect(alerts.filter(({ title }) => !tested.includes(`alertname: ${title}`))).toEqual([])
  })
})
