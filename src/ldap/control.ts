/** The request controls that the gateway knows to use, by the name our operations call them. */
export const CONTROLS = {
  /** RFC 4528 */
  assertion: '1.3.6.1.1.12',
  /** RFC 4527 */
  preRead: '1.3.6.1.1.13.1',
  /** RFC 4527 */
  postRead: '1.3.6.1.1.13.2',
  /** MS-ADTS §3.1.1.3.4.1.8; OpenLDAP has it too, unlisted */
  permissiveModify: '1.2.840.113556.1.4.1413',
  /** draft-masarati-ldap-deref */
  dereference: '1.3.6.1.4.1.4203.666.5.16',
  /** RFC 2696 */
  pagedResults: '1.2.840.113556.1.4.319',
  /** RFC 4370 */
  proxiedAuthorization: '2.16.840.1.113730.3.4.18',
} as const

export type ControlName = keyof typeof CONTROLS

/** Extended operations by name. */
export const EXTENSIONS = {
  /** RFC 4511 §4.14 */
  startTls: '1.3.6.1.4.1.1466.20037',
  /** RFC 3062 */
  passwordModify: '1.3.6.1.4.1.4203.1.11.1',
} as const

export type ExtensionName = keyof typeof EXTENSIONS

/** Elective features by name. */
export const FEATURES = {
  /** RFC 4525 */
  modifyIncrement: '1.3.6.1.1.14',
} as const

export type FeatureName = keyof typeof FEATURES
