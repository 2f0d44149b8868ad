import { describe } from 'vitest'
import { startDs389 } from '../../src/demo/ds389.ts'
import { hasDs389 } from '../support/ds389.ts'
import { DS389_MAPPING } from '../support/gateway.ts'
import { losesNoWrite } from './lost-answer.ts'

describe.runIf(await hasDs389())('389 Directory Server', () =>
  losesNoWrite(startDs389, DS389_MAPPING),
)
