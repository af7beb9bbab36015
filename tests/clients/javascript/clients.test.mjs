// The AWS SDK for JavaScript (client-kms) and the AWS Encryption SDK for JavaScript against a live key service.
// service.json, written by `python -m tests.clients.javascript`, says where the service is and what its users sign with.
import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as esdk from "@aws-crypto/client-node";
import * as sdk from "@aws-sdk/client-kms";

const { endpoint, region, account, users, file } = JSON.parse(readFileSync("service.json", "utf8"));

function client(user) {
  return new sdk.KMS({ endpoint, region, credentials: users[user], maxAttempts: 1 });
}

const admin = client("admin");
const nobody = client("nobody");
const arnOf = (user) => `arn:aws:iam::${account}:user/${user}`;
const MESSAGE = new TextEncoder().encode("a message");
const WEB = { app: "web", tenant: "größer" };

async function makeKey(members = {}) {
  return (await admin.createKey(members)).KeyMetadata;
}

// That a call is refused, with the SDK's own class for the error.
async function refused(call, kind) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
    assert.ok(error instanceof sdk.KMSServiceException);
    assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
    return true;
  });
}

test("CreateKey and DescribeKey: dates are dates", async () => {
  const key = await makeKey({ Description: "of JavaScript", Tags: [{ TagKey: "team", TagValue: "blue" }] });
  assert.equal(key.Arn, `arn:aws:kms:${region}:${account}:key/${key.KeyId}`);
  assert.ok(Math.abs(key.CreationDate.getTime() - Date.now()) < 60_000);
  const { KeyMetadata: again } = await admin.describeKey({ KeyId: key.Arn });
  assert.deepEqual([again.Description, again.KeyState, again.KeySpec], ["of JavaScript", "Enabled", "SYMMETRIC_DEFAULT"]);
  const { DeletionDate: ends } = await admin.scheduleKeyDeletion({ KeyId: key.KeyId, PendingWindowInDays: 7 });
  assert.ok(Math.abs(ends.getTime() - Date.now() - 7 * 86_400_000) < 60_000);
});

test("Encrypt, Decrypt and ReEncrypt under an encryption context", async () => {
  const [key, second] = [await makeKey(), await makeKey()];
  const { CiphertextBlob } = await admin.encrypt({ KeyId: key.KeyId, Plaintext: MESSAGE, EncryptionContext: WEB });
  const opened = await admin.decrypt({ CiphertextBlob, EncryptionContext: WEB });
  assert.deepEqual([opened.Plaintext, opened.KeyId], [MESSAGE, key.Arn]);
  const moved = await admin.reEncrypt({
    CiphertextBlob,
    SourceEncryptionContext: WEB,
    DestinationKeyId: second.Arn,
    DestinationEncryptionContext: { app: "mail" },
  });
  const { Plaintext } = await admin.decrypt({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { app: "mail" } });
  assert.deepEqual(Plaintext, MESSAGE);
  await refused(admin.decrypt({ CiphertextBlob, EncryptionContext: { app: "mail" } }), sdk.InvalidCiphertextException);
  await refused(admin.decrypt({ CiphertextBlob }), sdk.InvalidCiphertextException);
  await refused(
    admin.decrypt({ CiphertextBlob, EncryptionContext: WEB, KeyId: second.Arn }),
    sdk.IncorrectKeyException,
  );
});

test("data keys, data key pairs and random bytes", async () => {
  const { KeyId } = await makeKey();
  const made = await admin.generateDataKey({ KeyId, KeySpec: "AES_256", EncryptionContext: WEB });
  assert.equal(made.Plaintext.length, 32);
  const opened = await admin.decrypt({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: WEB });
  assert.deepEqual(opened.Plaintext, made.Plaintext);
  const without = await admin.generateDataKeyWithoutPlaintext({ KeyId, NumberOfBytes: 64 });
  assert.equal((await admin.decrypt({ CiphertextBlob: without.CiphertextBlob })).Plaintext.length, 64);
  const pair = await admin.generateDataKeyPair({ KeyId, KeyPairSpec: "ECC_NIST_P256" });
  const privateKey = await admin.decrypt({ CiphertextBlob: pair.PrivateKeyCiphertextBlob });
  assert.deepEqual(privateKey.Plaintext, pair.PrivateKeyPlaintext);
  assert.equal((await admin.generateRandom({ NumberOfBytes: 24 })).Plaintext.length, 24);
});

test("Sign and Verify, and Node verifies with the public key", async () => {
  const { KeyId } = await makeKey({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" });
  const how = { KeyId, SigningAlgorithm: "ECDSA_SHA_256" };
  const { Signature } = await admin.sign({ ...how, Message: MESSAGE });
  assert.equal((await admin.verify({ ...how, Message: MESSAGE, Signature })).SignatureValid, true);
  const digest = createHash("sha256").update(MESSAGE).digest();
  assert.ok((await admin.verify({ ...how, Message: digest, MessageType: "DIGEST", Signature })).SignatureValid);
  const { PublicKey } = await admin.getPublicKey({ KeyId });
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
  assert.ok(verify("sha256", MESSAGE, key, Signature));
  await refused(
    admin.verify({ ...how, Message: new Uint8Array([1]), Signature }),
    sdk.KMSInvalidSignatureException,
  );
});

test("GenerateMac and VerifyMac", async () => {
  const { KeyId } = await makeKey({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
  const how = { KeyId, MacAlgorithm: "HMAC_SHA_256" };
  const { Mac } = await admin.generateMac({ ...how, Message: MESSAGE });
  assert.equal((await admin.verifyMac({ ...how, Message: MESSAGE, Mac })).MacValid, true);
  await refused(admin.verifyMac({ ...how, Message: new Uint8Array([1]), Mac }), sdk.KMSInvalidMacException);
});

test("a grant's token is usable at once, and the grant ends when it is revoked", async () => {
  const { KeyId } = await makeKey();
  const { CiphertextBlob } = await admin.encrypt({ KeyId, Plaintext: MESSAGE, EncryptionContext: WEB });
  const call = { CiphertextBlob, EncryptionContext: WEB };
  await assert.rejects(nobody.decrypt(call), { name: "AccessDeniedException" });
  const grant = await admin.createGrant({
    KeyId,
    GranteePrincipal: arnOf("nobody"),
    Operations: ["Decrypt"],
    Constraints: { EncryptionContextEquals: WEB },
  });
  const { Plaintext } = await nobody.decrypt({ ...call, GrantTokens: [grant.GrantToken] });
  assert.deepEqual(Plaintext, MESSAGE);
  const { Grants } = await admin.listGrants({ KeyId });
  assert.deepEqual(Grants.map((one) => one.GrantId), [grant.GrantId]);
  await admin.revokeGrant({ KeyId, GrantId: grant.GrantId });
  await assert.rejects(nobody.decrypt(call), { name: "AccessDeniedException" });
});

test("errors are of the SDK's classes and carry AWS's words", async () => {
  const unknown = `arn:aws:kms:${region}:${account}:key/11111111-2222-3333-4444-555555555555`;
  await refused(admin.describeKey({ KeyId: unknown }), sdk.NotFoundException);
  const { KeyId } = await makeKey();
  await admin.createAlias({ AliasName: "alias/javascript", TargetKeyId: KeyId });
  await refused(admin.createAlias({ AliasName: "alias/javascript", TargetKeyId: KeyId }), sdk.AlreadyExistsException);
  await admin.disableKey({ KeyId });
  await refused(admin.encrypt({ KeyId, Plaintext: MESSAGE }), sdk.DisabledException);
  await refused(admin.sign({ KeyId: (await makeKey()).KeyId, Message: MESSAGE, SigningAlgorithm: "ECDSA_SHA_256" }),
    sdk.InvalidKeyUsageException);
  await assert.rejects(admin.encrypt({ KeyId, Plaintext: new Uint8Array(4097) }), { name: "ValidationException" });
  await assert.rejects(nobody.describeKey({ KeyId }), {
    name: "AccessDeniedException",
    message: /^User: arn:aws:iam::\d{12}:user\/nobody is not authorized to perform: kms:DescribeKey/,
  });
  const forged = new sdk.KMS({
    endpoint,
    region,
    credentials: { ...users.admin, secretAccessKey: "x" },
    maxAttempts: 1,
  });
  await assert.rejects(forged.listKeys({}), (error) => {
    assert.match(error.name, /SignatureException$/);
    return error.$metadata.httpStatusCode === 400;
  });
});

test("the paginators walk every page", async () => {
  const made = new Set();
  for (let i = 0; i < 7; i += 1) made.add((await makeKey()).KeyId);
  const [found, pages] = [[], []];
  for await (const page of sdk.paginateListKeys({ client: admin, pageSize: 3 }, {})) {
    pages.push(page.Keys.length);
    found.push(...page.Keys.map((key) => key.KeyId));
  }
  assert.ok(pages.slice(0, -1).every((length) => length === 3) && pages.length > 2);
  assert.equal(new Set(found).size, found.length);
  for (const id of made) assert.ok(found.includes(id));
});

test("a body that is signed and hashed by the SDK arrives whole", async () => {
  const { KeyId } = await makeKey();
  const Plaintext = randomBytes(4096);
  const { CiphertextBlob } = await admin.encrypt({ KeyId, Plaintext });
  assert.deepEqual(Buffer.from((await admin.decrypt({ CiphertextBlob })).Plaintext), Plaintext);
});

const { encrypt, decrypt, encryptStream, decryptStream } = esdk.buildClient(
  esdk.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
);

function keyring(user, generatorKeyId, keyIds = []) {
  const clientProvider = () => client(user);
  return new esdk.KmsKeyringNode({ clientProvider, generatorKeyId, keyIds });
}

test("the AWS Encryption SDK encrypts under two keys, and either of them decrypts", async () => {
  const [key, second, stranger] = [await makeKey(), await makeKey(), await makeKey()];
  const text = randomBytes(100_000);
  const { result } = await encrypt(keyring("admin", key.Arn, [second.Arn]), text, { encryptionContext: WEB });
  for (const one of [key, second]) {
    const { plaintext, messageHeader } = await decrypt(keyring("admin", one.Arn), result);
    assert.deepEqual([plaintext, messageHeader.encryptionContext.tenant], [text, WEB.tenant]);
  }
  await assert.rejects(decrypt(keyring("admin", stranger.Arn), result));
  await assert.rejects(decrypt(keyring("nobody", key.Arn), result), /AccessDenied|not authorized|unencryptedDataKey/i);
  const changed = Buffer.from(result);
  changed[changed.indexOf("web")] ^= 1;
  await assert.rejects(decrypt(keyring("admin", key.Arn), changed));
});

test("the AWS Encryption SDK reads the files of `keyservice file`", async () => {
  const { plaintext } = await decrypt(keyring("admin", file.key), Buffer.from(file.sealed, "base64"));
  assert.deepEqual(plaintext, Buffer.from(file.text, "base64"));
});

test("the AWS Encryption SDK streams", async () => {
  const { Arn } = await makeKey();
  const text = randomBytes(1_000_000);
  const parts = [];
  const stream = encryptStream(keyring("admin", Arn), { encryptionContext: WEB });
  stream.end(text);
  for await (const part of stream.pipe(decryptStream(keyring("admin", Arn)))) parts.push(part);
  assert.deepEqual(Buffer.concat(parts), text);
});
