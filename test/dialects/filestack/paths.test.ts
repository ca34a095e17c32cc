import { expect, onTestFinished, test } from 'vitest'
import { isCdnPath, loggable } from '../../../src/dialects/filestack/paths.ts'
import { KEY, openHouse } from './house.ts'

const isKey = (segment: string) => segment === KEY

test.each([
  `/${KEY}/Zk9mVq2RSLu7xN0bTfHw`,
  `/${KEY}/https://www.example.com/a.png`,
  '/Zk9mVq2RSLu7xN0bTfHw',
  '/Zk9mVq2RSLu7xN0bTfHw+png',
  '/Zk9mVq2RSLu7xN0bTfHw/metadata',
  '/resize=width:100/Zk9mVq2RSLu7xN0bTfHw',
  '/flip/Zk9mVq2RSLu7xN0bTfHw',
  '/flip/flop/security=p:a,s:b/Zk9mVq2RSLu7xN0bTfHw',
  '/security=policy:a,signature:b/Zk9mVq2RSLu7xN0bTfHw',
  '/b64/W10=/Zk9mVq2RSLu7xN0bTfHw',
  '/https://www.example.com/a.png',
  '/monochrome/https%3A%2F%2Fwww.example.com',
  '/zip/%5BZk9mVq2RSLu7xN0bTfHw%5D',
  '/unknownkey/resize=w:1/%22https://www.example.com/a.png%22',
])('%s is a CDN URL', (path) => {
  expect(isCdnPath(path, isKey)).toBe(true)
})

test.each([
  '/',
  '',
  '/favicon.ico',
  '/robots.txt',
  '/wp-admin/setup.php',
  '/a/b/c',
  '/.env',
  '/Zk9mVq2RSLu7xN0bTfH',
  '/resize',
])('%j is not', (path) => {
  expect(isCdnPath(path, isKey)).toBe(false)
})

test('where no project has the section, nothing is owned', async () => {
  const house = await openHouse({ serves: () => false })
  onTestFinished(() => house.stop())
  for (const target of ['/api/store/S3', '/Zk9mVq2RSLu7xN0bTfHw', `/${KEY}/a`, '/process', '/multipart/start']) {
    const answer = await house.send('GET', target)
    expect([answer.status, answer.text]).toEqual([404, '404 not found\n'])
  }
})

test('what is not its own stays with the house', async () => {
  const house = await openHouse()
  onTestFinished(() => house.stop())
  const answer = await house.send('GET', '/favicon.ico')
  expect([answer.status, answer.text]).toEqual([404, '404 not found\n'])
  expect((await house.send('GET', `/${KEY}/Zk9mVq2RSLu7xN0bTfHw`)).status).toBe(418)
})

test.each([
  ['/api/file/abc?policy=p&signature=s', '/api/file/abc'],
  ['/key/resize=w:5/security=p:"a/b",s:c/handle', '/key/resize=w:5/security=…'],
  ['/key/security%3Dp:a,s:b/handle', '/key/security=…'],
  ['/b64/W10=/handle', '/b64/…'],
  ['/key/flip/https://user:password@example.com/a%3Ftoken=b', '/key/flip/https://…@example.com/a'],
])('%s stands in a log without its secrets', (target, told) => {
  expect(loggable(target)).toBe(told)
})
