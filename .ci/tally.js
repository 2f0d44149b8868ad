// Prints "N passed, M failed" over reports of vitest's json reporter; exit code 1 where anything
// failed, or a report is missing or empty. A file that could not even be loaded counts as one failure.
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

let [passed, failed, skipped] = [0, 0, 0]
let whole = process.argv.length > 2
for (const file of process.argv.slice(2)) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (text === '') {
    console.log(`vitest ended without a report: ${basename(file)}`)
    whole = false
    continue
  }
  const report = JSON.parse(text)
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  passed += report.numPassedTests
  failed += report.numFailedTests + broken.length
  skipped += report.numPendingTests + report.numTodoTests
  whole &&= report.success && report.numPassedTests > 0
}
if (skipped > 0) console.log(`${skipped} skipped`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(whole && failed === 0 ? 0 : 1)
