// Engine.IO options from JSON, so that tests can combine them at will. node-engine-options.mjs does
// the same for Node's engine.

#include "apps/conformance/profiles.hpp"
#include "engineio/net/shard.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <stdexcept>

namespace conformance {

using engineio::CorsOptions;
using engineio::net::Headers;
using engineio::net::set_header;
using engineio::net::Shard;
using socketio::Json;
using socketio::Request;
using std::chrono::milliseconds;

namespace {

std::string text_of(Json const& json) {
    return json.string() ? *json.string() : throw std::invalid_argument("a text is wanted");
}

int number_of(Json const& json) {
    return static_cast<int>(json.integer().value());
}

milliseconds time_of(Json const& json) {
    return milliseconds(json.integer().value());
}

std::vector<std::string> texts_of(Json const& json) {
    std::vector<std::string> texts;
    for (auto const& item : *json.array_items()) {
        texts.push_back(text_of(item));
    }
    return texts;
}

// Later, in another turn of the same shard.
void later(std::function<void()> task) {
    Shard::current()->post(std::move(task));
}

using Setters = std::map<std::string, std::function<void(Json const&)>>;

void apply(Json const& wishes, Setters const& setters) {
    for (auto const& [name, value] : *wishes.object_members()) {
        auto const found = setters.find(name);
        if (found == setters.end()) {
            throw std::invalid_argument("unknown option: " + name);
        }
        found->second(value);
    }
}

CorsOptions::Pattern pattern_of(Json const& wish) {
    if (wish.is_object()) {
        return std::regex(text_of(wish["regex"]));
    }
    return text_of(wish);
}

void set_origin(CorsOptions& cors, Json const& wish) {
    if (auto const* items = wish.array_items()) {
        std::vector<CorsOptions::Pattern> patterns;
        for (auto const& item : *items) {
            patterns.push_back(pattern_of(item));
        }
        cors.origin = std::move(patterns);
    } else if (wish == Json(true)) {
        cors.origin = CorsOptions::Reflect{};
    } else if (wish.is_object() && wish["suffix"].is_string()) {
        cors.origin = [suffix = text_of(wish["suffix"])](std::string const& origin) {
            if (origin == "http://throw.test") {
                throw std::runtime_error("predicate");
            }
            return origin.ends_with(suffix);
        };
    } else if (wish.is_object()) {
        cors.origin = std::regex(text_of(wish["regex"]));
    } else {
        cors.origin = text_of(wish);
    }
}

CorsOptions cors_of(Json const& wishes) {
    CorsOptions cors;
    apply(wishes,
          {{"origin", [&](Json const& v) { set_origin(cors, v); }},
           {"methods", [&](Json const& v) { cors.methods = texts_of(v); }},
           {"allowedHeaders", [&](Json const& v) { cors.allowed_headers = texts_of(v); }},
           {"exposedHeaders", [&](Json const& v) { cors.exposed_headers = texts_of(v); }},
           {"credentials", [&](Json const& v) { cors.credentials = v == Json(true); }},
           {"maxAge", [&](Json const& v) { cors.max_age = std::chrono::seconds(number_of(v)); }},
           {"preflightContinue", [&](Json const& v) { cors.preflight_continue = v == Json(true); }},
           {"optionsSuccessStatus",
            [&](Json const& v) { cors.options_success_status = number_of(v); }}});
    return cors;
}

// "delegate": a query `cors` names the origin to allow, `nocors` switches it off, `badcors` fails.
engineio::Cors cors_policy(Json const& wish) {
    if (wish.is_object()) {
        return cors_of(wish);
    }
    return [](Request const& request) -> std::optional<CorsOptions> {
        auto const query = request.query();
        if (query.has("badcors")) {
            throw std::runtime_error("delegate");
        }
        if (query.has("nocors")) {
            return std::nullopt;
        }
        return CorsOptions{.origin = std::string(query.get("cors"))};
    };
}

engineio::CookieOptions cookie_of(Json const& wishes) {
    engineio::CookieOptions cookie;
    using std::chrono::system_clock;
    apply(wishes,
          {{"name", [&](Json const& v) { cookie.name = text_of(v); }},
           {"path", [&](Json const& v) { cookie.path = text_of(v); }},
           {"domain", [&](Json const& v) { cookie.domain = text_of(v); }},
           {"sameSite", [&](Json const& v) { cookie.same_site = text_of(v); }},
           {"priority", [&](Json const& v) { cookie.priority = text_of(v); }},
           {"httpOnly", [&](Json const& v) { cookie.http_only = v == Json(true); }},
           {"secure", [&](Json const& v) { cookie.secure = v == Json(true); }},
           {"partitioned", [&](Json const& v) { cookie.partitioned = v == Json(true); }},
           {"maxAge", [&](Json const& v) { cookie.max_age = std::chrono::seconds(number_of(v)); }},
           {"expires",
            [&](Json const& v) { cookie.expires = system_clock::from_time_t(number_of(v)); }},
           {"encode", [&](Json const& v) {
                cookie.encode = [prefix = text_of(v)](std::string_view sid) {
                    return prefix + std::string(sid);
                };
            }}});
    return cookie;
}

engineio::net::DeflateOptions deflate_of(Json const& wishes) {
    engineio::net::DeflateOptions deflate;
    deflate.enabled = true;
    apply(wishes,
          {{"threshold",
            [&](Json const& v) { deflate.threshold = static_cast<std::size_t>(number_of(v)); }},
           {"serverNoContextTakeover",
            [&](Json const& v) { deflate.server_no_context_takeover = v == Json(true); }},
           {"clientNoContextTakeover",
            [&](Json const& v) { deflate.client_no_context_takeover = v == Json(true); }},
           {"serverMaxWindowBits",
            [&](Json const& v) { deflate.server_max_window_bits = number_of(v); }},
           {"clientMaxWindowBits",
            [&](Json const& v) { deflate.client_max_window_bits = number_of(v); }},
           {"level", [&](Json const& v) { deflate.level = number_of(v); }}});
    return deflate;
}

std::optional<engineio::HttpCompression> compression_of(Json const& wishes) {
    if (wishes == Json(false)) {
        return std::nullopt;
    }
    engineio::HttpCompression compression;
    apply(wishes,
          {{"threshold",
            [&](Json const& v) { compression.threshold = static_cast<std::size_t>(number_of(v)); }},
           {"level", [&](Json const& v) { compression.level = number_of(v); }}});
    return compression;
}

// A query `deny=words` asks to be refused.
engineio::AllowRequest allow_request_of(std::string const& how) {
    auto const verdict = [](Request const& request) -> engineio::Verdict {
        auto const query = request.query();
        return query.has("deny") ? engineio::Verdict(query.get("deny")) : std::nullopt;
    };
    if (how == "sync") {
        return verdict;
    }
    return [verdict](Request const& request, std::function<void(engineio::Verdict)> answer) {
        later([&request, verdict, answer = std::move(answer)] { answer(verdict(request)); });
    };
}

engineio::GenerateId generate_id_of(std::string const& how) {
    static std::atomic<int> count{0};
    auto const next = [](Request const&) -> std::optional<std::string> {
        return "custom \"" + std::to_string(count++) + "\"/é";
    };
    if (how == "counter") {
        return next;
    }
    if (how == "same") {
        return [](Request const&) -> std::optional<std::string> { return "same"; };
    }
    if (how == "throws") {
        return
            [](Request const&) -> std::optional<std::string> { throw std::runtime_error("no id"); };
    }
    return [next, how](Request const& request,
                       std::function<void(std::optional<std::string>)> answer) {
        later([&request, next, how, answer = std::move(answer)] {
            answer(how == "rejects" ? std::nullopt : next(request));
        });
    };
}

engineio::Middleware middleware_of(std::string const& name) {
    if (name == "header") {
        return [](Request& request, Headers& answer, engineio::Next const& next) {
            set_header(answer, "x-method", request.method);
            next();
        };
    }
    if (name == "late") {
        return [](Request&, Headers& answer, engineio::Next next) {
            later([&answer, next = std::move(next)] {
                set_header(answer, "x-late", "1");
                next();
            });
        };
    }
    // A query `teapot` is answered here, `fail` is refused.
    return [](Request& request, Headers&, engineio::Next const& next) {
        auto const query = request.query();
        if (query.has("teapot")) {
            next.respond({.status = 418,
                          .headers = {{"content-type", "text/plain"}},
                          .body = "short and stout"});
        } else if (query.has("fail")) {
            next.refuse("asked to");
        } else {
            next();
        }
    };
}

void add_hooks(engineio::Options& options) {
    options.initial_headers = [](Headers& headers, Request const&) {
        set_header(headers, "x-first", "1");
    };
    options.headers = [](Headers& headers, Request const&) { set_header(headers, "x-every", "1"); };
}

}  // namespace

EngineWishes engine_wishes(Json const& wishes) {
    EngineWishes made;
    auto& options = made.options;
    options.allowed_origins = std::string("*");  // as Node, which looks at CORS only
    apply(
        wishes,
        {{"transports", [&](Json const& v) { options.transports = texts_of(v); }},
         {"allowUpgrades", [&](Json const& v) { options.allow_upgrades = v == Json(true); }},
         {"addTrailingSlash", [&](Json const& v) { options.add_trailing_slash = v == Json(true); }},
         {"path", [&](Json const& v) { options.path = text_of(v); }},
         {"pingInterval", [&](Json const& v) { options.ping_interval = time_of(v); }},
         {"pingTimeout", [&](Json const& v) { options.ping_timeout = time_of(v); }},
         {"upgradeTimeout", [&](Json const& v) { options.upgrade_timeout = time_of(v); }},
         {"maxHttpBufferSize",
          [&](Json const& v) {
              options.max_http_buffer_size = static_cast<std::size_t>(number_of(v));
          }},
         {"allowRequest",
          [&](Json const& v) { options.allow_request = allow_request_of(text_of(v)); }},
         {"generateId", [&](Json const& v) { options.generate_id = generate_id_of(text_of(v)); }},
         {"cors", [&](Json const& v) { options.cors = cors_policy(v); }},
         {"cookie", [&](Json const& v) { options.cookie = cookie_of(v); }},
         {"httpCompression", [&](Json const& v) { options.http_compression = compression_of(v); }},
         {"perMessageDeflate", [&](Json const& v) { options.per_message_deflate = deflate_of(v); }},
         {"initialPacket", [&](Json const& v) { options.initial_packet = text_of(v); }},
         {"allowEIO3", [&](Json const& v) { options.allow_eio3 = v == Json(true); }},
         {"destroyUpgrade", [&](Json const& v) { options.destroy_upgrade = v == Json(true); }},
         {"destroyUpgradeTimeout",
          [&](Json const& v) { options.destroy_upgrade_timeout = time_of(v); }},
         {"hooks", [&](Json const&) { add_hooks(options); }},
         {"middlewares", [&](Json const& v) {
              for (auto const& name : texts_of(v)) {
                  made.middlewares.push_back(middleware_of(name));
              }
          }}});
    return made;
}

}  // namespace conformance
