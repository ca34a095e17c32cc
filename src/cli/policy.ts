/** The permissions on a bucket that Tintype can need. */
export type Permission =
  | 's3:ListBucket'
  | 's3:GetObject'
  | 's3:PutObject'
  | 's3:DeleteObject'
  | 's3:AbortMultipartUpload'

/** A bucket policy as S3 stores it. */
export type BucketPolicy = {
  readonly Version: '2012-10-17'
  readonly Statement: readonly {
    readonly Sid: string
    readonly Effect: 'Allow'
    readonly Principal: { readonly AWS: string }
    readonly Action: readonly Permission[]
    readonly Resource: string
    readonly Condition?: { readonly StringLike: { readonly 's3:prefix': readonly string[] } }
  }[]
}

/** Stands where the policy must name a user or role that nobody here knows. */
export const PRINCIPAL = 'arn:aws:iam::ACCOUNT-ID:user/USER-NAME'

/**
 * The policy that grants a connection all it needs: objects below the prefix, and listing, without which S3 answers 403
 * instead of 404 for a missing object (pixboost §12). `prefix` has no slash at either end; empty means the whole bucket.
 */
export function bucketPolicy(options: {
  readonly bucket: string
  readonly prefix: string
  readonly write: boolean
  readonly principal?: string
}): BucketPolicy {
  const { bucket, prefix, write, principal = PRINCIPAL } = options
  const below = prefix === '' ? '' : `${prefix}/`
  const statement = { Effect: 'Allow', Principal: { AWS: principal } } as const
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'TintypeObjects',
        ...statement,
        Action: ['s3:GetObject', ...(write ? WRITING : [])],
        Resource: `arn:aws:s3:::${bucket}/${below}*`,
      },
      {
        Sid: 'TintypeListing',
        ...statement,
        Action: ['s3:ListBucket'],
        Resource: `arn:aws:s3:::${bucket}`,
        ...(below === '' ? {} : { Condition: { StringLike: { 's3:prefix': [`${below}*`] } } }),
      },
    ],
  }
}

const WRITING: readonly Permission[] = ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload']
