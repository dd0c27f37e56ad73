// The options of the profile eio-options on Node's engine: names are Node's own, words stand for
// functions. apps/conformance/engine_options.cpp does the same for ours.
const later = (task) => void setTimeout(task, 1);

function pattern(wish) {
    if (Array.isArray(wish)) return wish.map(pattern);
    if (wish?.regex) return new RegExp(wish.regex);
    if (!wish?.suffix) return wish;
    return (origin, done) => {
        if (origin === "http://throw.test") done(new Error("predicate"));
        else done(null, Boolean(origin?.endsWith(wish.suffix)));
    };
}

// A query `cors` names the origin to allow, `nocors` switches it off, `badcors` fails.
function corsDelegate(request, done) {
    const query = new URL(request.url, "http://localhost").searchParams;
    if (query.has("badcors")) done(new Error("delegate"));
    else done(null, { origin: query.has("nocors") ? false : query.get("cors") });
}

// A query `deny=words` asks to be refused.
function allowRequest(how) {
    const decide = (request, done) => {
        const query = new URL(request.url, "http://localhost").searchParams;
        done(query.get("deny"), !query.has("deny"));
    };
    return how === "sync" ? decide : (request, done) => later(() => decide(request, done));
}

function generateId(how) {
    let count = 0;
    const next = () => `custom "${count++}"/é`;
    return {
        counter: next,
        same: () => "same",
        throws: () => { throw new Error("no id"); },
        rejects: () => Promise.reject(new Error("no id")),
        late: () => new Promise((resolve) => later(() => resolve(next()))),
    }[how];
}

const middlewares = {
    header: (request, response, next) => {
        response.setHeader("x-method", request.method);
        next();
    },
    late: (request, response, next) => later(() => {
        response.setHeader("x-late", "1");
        next();
    }),
    // A query `teapot` is answered here, `fail` is refused.
    answer: (request, response, next) => {
        const query = new URL(request.url, "http://localhost").searchParams;
        if (query.has("teapot")) {
            response.writeHead?.(418, { "content-type": "text/plain" });
            response.end("short and stout");
        } else {
            next(query.has("fail") ? new Error("asked to") : undefined);
        }
    },
};

function converted(wishes) {
    const options = { ...wishes };
    if (wishes.cors) options.cors = { ...wishes.cors };
    if (wishes.cors === "delegate") options.cors = corsDelegate;
    if (wishes.cors?.origin) options.cors.origin = pattern(wishes.cors.origin);
    if (wishes.allowRequest) options.allowRequest = allowRequest(wishes.allowRequest);
    if (wishes.cookie) {
        const { expires, encode } = wishes.cookie;
        options.cookie = { ...wishes.cookie };
        if (expires) options.cookie.expires = new Date(expires * 1000);
        if (encode) options.cookie.encode = (sid) => encode + sid;
    }
    return options;
}

export function startEngineOptions(engineio, http, wishes) {
    const errors = [];
    const engine = engineio.attach(http, converted(wishes));
    if (wishes.generateId) engine.generateId = generateId(wishes.generateId);
    for (const name of wishes.middlewares ?? []) engine.use(middlewares[name]);
    engine.on("connection_error", ({ req, code, message, context }) => {
        errors.push({ url: req.url, code, message, context });
    });
    if (wishes.hooks) {
        engine.on("initial_headers", (headers) => { headers["x-first"] = "1"; });
        engine.on("headers", (headers) => { headers["x-every"] = "1"; });
    }
    engine.on("connection", (socket) => socket.on("data", (data) => socket.send(data)));
    const plain = {
        "/errors": () => JSON.stringify(errors),
        "/count": () => String(engine.clientsCount),
        "/close": () => { engine.close(); return "closed"; },
    };
    return { close: () => engine.close(), plain };
}
