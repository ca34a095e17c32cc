import { describe, expect, it } from 'vitest'
import { isRightToLeft, markup, writable } from '../../../src/engine/text/markup.ts'

const PLAIN = { strikethrough: false }

describe('a caller’s text as markup', () => {
  it('stands for itself', () => {
    expect(markup('AT&T <b>"it\'s"</b>', PLAIN)).toBe('AT&amp;T &lt;b&gt;&quot;it&#39;s&quot;&lt;/b&gt;')
  })

  it('carries strikethrough and line height around it', () => {
    expect(markup('a', { strikethrough: true, lineHeight: 40 })).toBe(
      '<span strikethrough="true" line_height="40960">a</span>',
    )
    expect(markup('a', { strikethrough: false, lineHeight: 0.5 })).toBe('<span line_height="1025">a</span>')
  })

  it('loses what cannot be written', () => {
    expect(writable('a\u0000b\u001bc\ud800d\r\ne\tf')).toBe('abc\ufffdd\ne\tf')
  })

  it.each([
    ['hello', false],
    ['مرحبا hello', true],
    ['12 שלום', true],
    ['hello שלום', false],
    ['123', false],
  ])('%s runs from right to left: %s', (text, expected) => {
    expect(isRightToLeft(text)).toBe(expected)
  })
})
