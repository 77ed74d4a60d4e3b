package s3

const keyProviders = "fs.s3a.aws.credentials.provider"
