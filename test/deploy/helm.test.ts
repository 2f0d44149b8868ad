import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { settingsErrors } from '../../src/config/settings-schema.ts'
import { lookUpBinary } from '../../src/demo/binary.ts'
import type { Variant } from '../support/chart.ts'
import { blockOf } from '../support/docs.ts'
import { cellsOf, documentOf } from '../support/markdown.ts'
import { CHART, fingerprintOf, helm, kept, render, VARIANTS, valuesOf } from '../support/chart.ts'

type Json = any

const ROOT = resolve(import.meta.dirname, '../..')
/** What `gateway.yaml` has in the place of Secrets and the environment. */
const SECRET = 'a'.repeat(64)

const SCHEMA = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as object
const validate = new Ajv({ strict: false }).compile(SCHEMA)
const DEFAULTS = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'))

/** The objects of a rendered chart by kind and name. */
function objectsOf(variant: Variant): ReadonlyMap<string, Json> {
  const documents = parseAllDocuments(kept(variant).text)
  if (!Array.isArray(documents)) throw new Error('empty')
  const objects = documents.map((document) => document.toJS()).filter(Boolean)
  return new Map(objects.map((one) => [`${one.kind}/${one.metadata.name}`, one]))
}

/** The values as helm lays them over each other. */
function laidOver(under: Json, over: Json): Json {
  if (over === undefined) return under
  const maps = [under, over].every((one) => typeof one === 'object' && one && !Array.isArray(one))
  if (!maps) return over
  const keys = new Set([...Object.keys(under), ...Object.keys(over)])
  return Object.fromEntries([...keys].map((key) => [key, laidOver(under[key], over[key])]))
}

describe.each(VARIANTS)('the chart with %s values', (variant) => {
  const objects = objectsOf(variant)
  const deployment = objects.get('Deployment/scim-scim2ldap')
  const pod = deployment.spec.template.spec
  const [container] = pod.containers
  const values = laidOver(DEFAULTS, parse(readFileSync(valuesOf(variant), 'utf8')))

  test('is what helm made of the chart as it is (npm run chart)', () => {
    expect(kept(variant).fingerprint).toBe(fingerprintOf(variant))
  })

  test('is of the types of Kubernetes, without a field that they do not have', () => {
    expect(typeErrors([...objects.values()])).toEqual([])
  })

  test('has values that their schema allows', () => {
    expect(validate(values), JSON.stringify(validate.errors)).toBe(true)
  })

  test('takes from the pod what it does not need', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(container.resources.limits.memory).toBeDefined()
  })

  test('asks the admin port whether the pod lives and is ready', () => {
    const probe = (path: string) => ({ httpGet: { path, port: 'admin' } })
    expect(container.livenessProbe).toMatchObject(probe('/healthz'))
    expect(container.readinessProbe).toMatchObject(probe('/readyz'))
    expect(container.startupProbe).toMatchObject(probe('/healthz'))
  })

  test('gives requests under way the time that the gateway gives them', () => {
    const source = readFileSync(join(ROOT, 'src/server.ts'), 'utf8')
    const drain = Number(/DRAIN_MS = ([\d_]+)/.exec(source)?.[1]?.replaceAll('_', '')) / 1000
    expect(drain).toBeGreaterThan(0)
    const least = Number(values.preStopSeconds) + drain
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(least)
  })

  test('has settings that the gateway takes, and that fit the pod', () => {
    const text = objects.get('ConfigMap/scim-scim2ldap').data['gateway.yaml'] as string
    const settings = parse(text.replaceAll(/\$\{.*?\}/g, SECRET))
    expect(settingsErrors(settings)).toEqual([])
    const { listen, admin } = settings
    expect(container.ports).toMatchObject([
      { containerPort: listen.port },
      { containerPort: admin.port },
    ])
    for (const file of [listen.tls.certificate, listen.tls.key] as readonly string[]) {
      const mountPath = dirname(file)
      expect(container.volumeMounts).toContainEqual(expect.objectContaining({ mountPath }))
    }
    expect(container.image).toMatch(/^[^:]+[:@]/)
  })

  test('starts new pods for new settings', () => {
    const checksum = deployment.spec.template.metadata.annotations['checksum/config']
    expect(checksum).toMatch(/^[0-9a-f]{64}$/)
    const others = VARIANTS.filter((one) => one !== variant).map((one) => {
      const { metadata } = objectsOf(one).get('Deployment/scim-scim2ldap').spec.template
      return metadata.annotations['checksum/config'] as string
    })
    expect(others).not.toContain(checksum)
  })

  test('has no Secret, and selects its own pods alone', () => {
    expect([...objects.keys()].filter((name) => name.startsWith('Secret/'))).toEqual([])
    const selector = {
      'app.kubernetes.io/name': 'scim2ldap',
      'app.kubernetes.io/instance': 'scim',
    }
    const of = (name: string) => objects.get(name).spec
    expect(deployment.spec.template.metadata.labels).toMatchObject(selector)
    expect(deployment.spec.selector.matchLabels).toEqual(selector)
    expect(of('Service/scim-scim2ldap').selector).toEqual(selector)
    expect(of('PodDisruptionBudget/scim-scim2ldap').selector.matchLabels).toEqual(selector)
    expect(of('NetworkPolicy/scim-scim2ldap').podSelector.matchLabels).toEqual(selector)
    for (const { labelSelector } of pod.topologySpreadConstraints) {
      expect(labelSelector.matchLabels).toEqual(selector)
    }
  })
})

test('unless told otherwise, SCIM and LDAPS and DNS may pass, and nothing else', () => {
  const { spec } = objectsOf('minimal').get('NetworkPolicy/scim-scim2ldap')
  expect(spec).toMatchObject({
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ ports: [{ port: 'scim', protocol: 'TCP' }] }],
    egress: [
      {
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
      { ports: [{ port: 636, protocol: 'TCP' }] },
    ],
  })
  expect(spec.ingress).toHaveLength(1)
  expect(spec.egress).toHaveLength(2)
})

test('what is asked for is there', () => {
  const objects = objectsOf('full')
  const deployment = objects.get('Deployment/scim-scim2ldap')
  expect(deployment.spec).not.toHaveProperty('replicas') // the autoscaler's
  expect(objects.get('HorizontalPodAutoscaler/scim-scim2ldap').spec).toMatchObject({
    minReplicas: 3,
    maxReplicas: 9,
  })
  expect(objects.get('Ingress/scim-scim2ldap').spec).toMatchObject({
    tls: [{ hosts: ['scim.corp.example'], secretName: 'scim-public' }],
    rules: [{ http: { paths: [{ path: '/scim/v2' }] } }],
  })
  const monitored = objects.get('ServiceMonitor/scim-scim2ldap').spec
  const metrics = objects.get('Service/scim-scim2ldap-metrics')
  expect(metrics.metadata.labels).toMatchObject(monitored.selector.matchLabels)
  expect(monitored.endpoints).toEqual([{ port: 'admin', path: '/metrics', interval: '30s' }])
  expect(objects.get('NetworkPolicy/scim-scim2ldap').spec.ingress).toHaveLength(2)
  expect(objects.get('ConfigMap/scim-scim2ldap').data['own.yaml']).toContain('dialect: openldap')
  const { volumes, containers } = deployment.spec.template.spec
  expect(volumes[0].configMap.items).toContainEqual({ key: 'own.yaml', path: 'mappings/own.yaml' })
  expect(containers[0].image).toMatch(/^registry\.corp\.example\/scim2ldap@sha256:0{64}$/)
})

test('a field that Kubernetes does not know, and one of the wrong type, would be found', () => {
  const service = objectsOf('minimal').get('Service/scim-scim2ldap')
  const errors = (change: Json) =>
    typeErrors([{ ...service, spec: { ...service.spec, ...change } }])
  expect(errors({ prots: [] })).toEqual([expect.stringContaining('does not exist in type')])
  expect(errors({ type: 1 })).toEqual(["Type 'number' is not assignable to type 'string'."])
})

test('the chart is of the version of the package', () => {
  const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect([chart.version, chart.appVersion]).toEqual([version, version])
})

describe('docs/deploy-kubernetes.md', () => {
  const page = documentOf('docs/deploy-kubernetes.md')

  test('has an example that the schema allows', () => {
    const example = parse(blockOf('docs/deploy-kubernetes.md', 'yaml chart'))
    expect(validate(laidOver(DEFAULTS, example)), JSON.stringify(validate.errors)).toBe(true)
  })

  test('tells of every value', () => {
    const told = cellsOf(page, /^\| value +\|/m).flatMap(([names = '']) => {
      let parent = ''
      return [...names.matchAll(/[\w.]+/g)].map(([name]) => {
        if (name.startsWith('.')) return parent + name
        parent = name.slice(0, name.lastIndexOf('.'))
        return name
      })
    })
    const leaves = ['settings', 'mappings', 'resources', 'env', 'affinity', 'nodeSelector']
    const named = (value: Json, path: string): readonly string[] =>
      typeof value !== 'object' || Array.isArray(value) || leaves.includes(path)
        ? [path]
        : Object.entries(value as object).length === 0
          ? [path]
          : Object.entries(value as object).flatMap(([key, inner]) =>
              named(inner, `${path}.${key}`),
            )
    const all = Object.entries(DEFAULTS as object).flatMap(([key, value]) => named(value, key))
    expect([...told].sort()).toEqual([...all].sort())
  })
})

describe('values are refused', () => {
  const minimal = laidOver(DEFAULTS, parse(readFileSync(valuesOf('minimal'), 'utf8')))
  test.each<[string, Json]>([
    ['without an endpoint', { settings: { endpoints: {} } }],
    ['with a name that the chart does not know', { replicaCount: 3 }],
    ['with replicas as text', { replicas: 'two' }],
    ['where they set what the chart sets', { settings: { listen: { port: 1 } } }],
    ['with an ingress without a host', { ingress: { enabled: true } }],
    ['with less time than the gateway needs to end', { terminationGracePeriodSeconds: 10 }],
    ['with a mapping in the place of the settings', { mappings: { 'gateway.yaml': 'x' } }],
    ['with a password', { ldapPassword: 'secret' }],
  ])('%s', (_, change) => {
    const values = 'settings' in change && 'endpoints' in change.settings ? DEFAULTS : minimal
    expect(validate(laidOver(values, change))).toBe(false)
  })
})

// What helm itself says, where it is there. `npm run chart` needs it, and the fingerprint that.
describe.runIf((await lookUpBinary('helm')) !== undefined)('helm', () => {
  test.each(VARIANTS)('renders %s as it is kept, and finds nothing to improve', async (variant) => {
    expect(await render(variant)).toBe(kept(variant).text)
    await helm('lint', '--strict', '--values', valuesOf(variant))
  })

  test('refuses to serve without a certificate, unless that is said aloud', async () => {
    const without = ['--values', valuesOf('minimal'), '--set', 'tls.existingSecret=']
    await expect(helm('template', ...without)).rejects.toThrow(/tls\.existingSecret: name a Secret/)
    const aloud = 'settings.listen.dangerouslyAllowPlainHttp=true'
    expect(await helm('template', ...without, '--set', aloud)).not.toContain('/run/secrets/tls')
  })

  test('refuses values that the schema does not allow', async () => {
    const wrong = ['--values', valuesOf('minimal'), '--set', 'replicaCount=3']
    await expect(helm('template', ...wrong)).rejects.toThrow(/replicaCount/)
  })

  test('makes no disruption budget for a single pod, and no policy where it is switched off', async () => {
    const text = await helm(
      'template',
      ...['--values', valuesOf('minimal')],
      ...['--set', 'replicas=1', '--set', 'networkPolicy.enabled=false'],
    )
    expect(text).not.toMatch(/kind: (PodDisruptionBudget|NetworkPolicy)/)
  })
})

/** Where `kubernetes-types` has the types of an object; of kinds that are no part of Kubernetes nothing. */
const TYPES: Readonly<Record<string, string>> = {
  'v1/ConfigMap': 'core/v1',
  'v1/Service': 'core/v1',
  'v1/ServiceAccount': 'core/v1',
  'apps/v1/Deployment': 'apps/v1',
  'autoscaling/v2/HorizontalPodAutoscaler': 'autoscaling/v2',
  'policy/v1/PodDisruptionBudget': 'policy/v1',
  'networking.k8s.io/v1/NetworkPolicy': 'networking/v1',
  'networking.k8s.io/v1/Ingress': 'networking/v1',
  'monitoring.coreos.com/v1/ServiceMonitor': '',
}

/** What the TypeScript compiler says of objects as literals: it knows missing, wrong and unknown fields. */
function typeErrors(objects: readonly Json[]): readonly string[] {
  const lines = objects.map((object) => {
    const folder = TYPES[`${object.apiVersion}/${object.kind}`]
    if (folder === undefined) throw new Error(`no types for ${object.apiVersion}/${object.kind}`)
    if (folder === '') return ''
    const type = `import('kubernetes-types/${folder}').${object.kind}`
    return `void (${JSON.stringify(object)} satisfies ${type})`
  })
  const name = join(ROOT, 'test/deploy/rendered.ts')
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  }
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (file, version) =>
    file === name
      ? ts.createSourceFile(file, `export {}\n${lines.join('\n')}`, version)
      : read(file, version)
  host.fileExists = (file) => file === name || ts.sys.fileExists(file)
  const program = ts.createProgram([name], options, host)
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
