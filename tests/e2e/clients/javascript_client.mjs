// The AWS SDK for JavaScript, one command a line on stdin (JSON), one answer a line on stdout (JSON).
// Contents pass through files: `file` names the one to read or to write.
import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import {
  CopyObjectCommand, DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, paginateListObjectsV2,
  PutObjectCommand, S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

function connect(service) {
  return new S3Client({
    endpoint: service.url,
    region: service.region,
    credentials: { accessKeyId: service.access_key, secretAccessKey: service.secret_key },
    forcePathStyle: !service.virtual_host,
    requestChecksumCalculation: service.checksums,
  });
}

const commands = {
  async list(s3, { bucket, prefix }) {
    const keys = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket: bucket, Prefix: prefix })) {
      keys.push(...(page.Contents ?? []).map((entry) => entry.Key));
    }
    return keys;
  },
  async size(s3, { bucket, key }) {
    return (await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).ContentLength;
  },
  async read(s3, { bucket, key, range, file }) {
    const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: range }));
    await writeFile(file, await answer.Body.transformToByteArray());
  },
  async write(s3, { bucket, key, condition, file }) {
    const body = await readFile(file);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, IfNoneMatch: condition }));
  },
  async stream(s3, { bucket, key, length, file }) {
    const body = createReadStream(file);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentLength: length }));
  },
  async upload(s3, { bucket, key, partSize, file }) {
    const params = { Bucket: bucket, Key: key, Body: createReadStream(file) };
    await new Upload({ client: s3, params, partSize, queueSize: 4 }).done();
  },
  async delete(s3, { bucket, key }) {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  },
  async copy(s3, { bucket, key, newKey }) {
    const source = `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
    await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: newKey, CopySource: source }));
  },
  async presign(s3, { bucket, key, method }) {
    const Command = { GET: GetObjectCommand, PUT: PutObjectCommand }[method];
    return getSignedUrl(s3, new Command({ Bucket: bucket, Key: key }), { expiresIn: 600 });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { name, service, ...parameters } = JSON.parse(line);
  const s3 = connect(service);
  let answer;
  try {
    answer = { value: (await commands[name](s3, parameters)) ?? null };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message} ${error.$metadata?.httpStatusCode ?? ""}` };
  }
  s3.destroy();
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
