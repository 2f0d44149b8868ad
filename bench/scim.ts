import { Agent, request as httpRequest } from 'node:http'
import type { ScimRequest } from './scenarios.ts'
import type { Unit } from './slots.ts'

/** A SCIM client that keeps its connections and reads answers without looking into them. */
export class ScimClient {
  private readonly url: URL
  private readonly token: string
  private readonly agent = new Agent({ keepAlive: true })

  constructor(url: string, token: string) {
    this.url = new URL(url)
    this.token = token
  }

  /** @throws {Error} Where an answer has another status than the request expects. */
  async perform(unit: Unit<ScimRequest>, each?: (request: ScimRequest) => Promise<void>) {
    let location: string | undefined
    for (const step of unit) {
      location = await this.send(step, location)
      await each?.(step)
    }
  }

  close(): void {
    this.agent.destroy()
  }

  /** Resolves to the answer's Location. */
  private send(step: ScimRequest, before: string | undefined): Promise<string | undefined> {
    const { method, body, status } = step
    const path =
      step.path === undefined ? new URL(before ?? '').pathname : `${this.url.pathname}${step.path}`
    const payload = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          agent: this.agent,
          host: this.url.hostname,
          port: this.url.port,
          method,
          path,
          headers: {
            authorization: `Bearer ${this.token}`,
            ...(payload !== undefined && {
              'content-type': 'application/scim+json',
              'content-length': Buffer.byteLength(payload),
            }),
          },
        },
        (response) => {
          const wrong = response.statusCode !== status
          let text = ''
          response.on('data', (chunk: Buffer) => {
            if (wrong) text += chunk.toString()
          })
          response.on('error', reject)
          response.on('end', () => {
            if (!wrong) return resolve(response.headers.location)
            reject(new Error(`${method} ${path}: ${response.statusCode ?? 0} ${text}`))
          })
        },
      )
      request.on('error', reject)
      request.end(payload)
    })
  }
}
