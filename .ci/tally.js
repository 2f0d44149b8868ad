// Prints "N passed, N failed" from a report of vitest's json reporter; exit code 1 where anything
// failed or nothing ran. A file that could not even be loaded counts as one failure.
import { readFileSync } from 'node:fs'

const text = readFileSync(process.argv[2], 'utf8')
if (text === '') {
  console.log('vitest ended without a report\n0 passed, 0 failed')
  process.exit(1)
}
const report = JSON.parse(text)
const broken = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
)
const passed = report.numPassedTests
const failed = report.numFailedTests + broken.length
const skipped = report.numPendingTests + report.numTodoTests
if (skipped > 0) console.log(`${skipped} skipped`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(report.success && failed === 0 && passed > 0 ? 0 : 1)
