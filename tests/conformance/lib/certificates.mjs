// A certificate authority of our own, made by the openssl command line for one test run.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export class Authority {
    constructor() {
        this.folder = mkdtempSync(join(tmpdir(), "hubbub-tls-"));
        this.certificateFile = this.#path("server.pem");
        this.keyFile = this.#path("server.key");
        this.#openssl("req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Test CA",
            "-keyout", this.#path("ca.key"), "-out", this.#path("ca.pem"));
        this.ca = readFileSync(this.#path("ca.pem"));
        this.renew("first");
    }

    // Puts a new key and a certificate for 127.0.0.1 and localhost in place of the old ones.
    renew(name) {
        const [request, extensions] = [this.#path("server.csr"), this.#path("extensions")];
        const [key, leaf] = [this.#path("next.key"), this.#path("next.pem")];
        writeFileSync(extensions, "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\n");
        this.#openssl("req", ...newKey, "-subj", `/CN=${name}`, "-keyout", key, "-out", request);
        this.#openssl("x509", "-req", "-in", request, "-days", "1", "-extfile", extensions,
            "-CA", this.#path("ca.pem"), "-CAkey", this.#path("ca.key"), "-CAcreateserial",
            "-out", leaf);
        renameSync(key, this.keyFile);
        renameSync(leaf, this.certificateFile);
    }

    get args() {
        return ["--tls-cert", this.certificateFile, "--tls-key", this.keyFile];
    }

    remove() {
        rmSync(this.folder, { recursive: true, force: true });
    }

    #path(name) {
        return join(this.folder, name);
    }

    #openssl(...args) {
        execFileSync("openssl", args, { stdio: "pipe" });
    }
}
