#include "apps/common/rest.hpp"

#include "apps/common/unavailable.hpp"
#include "engineio/cors.hpp"
#include "engineio/guard.hpp"

#include <algorithm>
#include <stdexcept>

namespace apps::common {

namespace net = engineio::net;
using socketio::Json;

namespace {

// "/api/x/" and "/api/x" are the same route, as in Express.
std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(std::min<std::size_t>(1, path.size()));
    while (path.data() != nullptr) {
        segments.push_back(net::next_piece(path, '/'));
    }
    if (segments.size() > 1 && segments.back().empty()) {
        segments.pop_back();
    }
    return segments;
}

bool matches(std::vector<std::string> const& route, std::vector<std::string_view> const& path) {
    return std::equal(route.begin(), route.end(), path.begin(), path.end(),
                      [](std::string const& wanted, std::string_view given) {
                          return wanted.starts_with(':') ? !given.empty() : wanted == given;
                      });
}

// As the `type-is` package decides for express.json().
bool is_json(net::Request const& request) {
    auto type = request.header("content-type");
    auto const plain = net::to_lower(net::trim(net::next_piece(type, ';')));
    return plain == "application/json" || plain.ends_with("+json");
}

bool read_json(RestCall& call, std::string const& body) {
    if (body.empty() || !is_json(call.request)) {
        return true;
    }
    call.body = net::is_valid_utf8(body) ? Json::parse(body) : std::nullopt;
    return call.body.has_value();
}

class HttpExchange final : public RestExchange {
public:
    using RestExchange::RestExchange;
    net::Responder responder;

private:
    void send(net::Response response) override { responder.respond(std::move(response)); }
};

}  // namespace

std::string SetCookie::header() const {
    auto text = name + "=" + net::percent_encode(value);
    if (max_age) {
        text += "; Max-Age=" + std::to_string(max_age->count());
    }
    text += "; Path=" + path;
    text += http_only ? "; HttpOnly" : "";
    text += secure ? "; Secure" : "";
    return same_site.empty() ? text : text + "; SameSite=" + same_site;
}

Reply& Reply::cookie(SetCookie const& cookie) {
    return header("Set-Cookie", cookie.header());
}

Reply& Reply::header(std::string name, std::string value) {
    headers_.push_back({std::move(name), std::move(value)});
    return *this;
}

std::optional<std::string> RestCall::cookie(std::string_view name) const {
    return net::find_cookie(request.header("cookie"), name);
}

std::string_view RestCall::bearer() const {
    auto value = request.header("authorization");
    auto const scheme = net::next_piece(value, ' ');
    return net::iequals(scheme, "bearer") && value.data() != nullptr ? net::trim(value)
                                                                     : std::string_view();
}

RestExchange::RestExchange(Rest const& rest, net::Request request) : rest_(rest) {
    call.query = request.query();
    call.request = std::move(request);
}

void RestExchange::answer(Reply reply) {
    auto response = rest_.response(std::move(reply));
    response.headers.insert(response.headers.end(), cors.begin(), cors.end());
    send(std::move(response));
}

// Seldom, for whoever asks decides how often.
void RestExchange::tell_failed(std::string_view error) const {
    auto const what = call.request.method + " " + std::string(call.request.path());
    engineio::tell_threw("rest", what, error);
}

void RestExchange::fail(std::exception_ptr error) {
    try {
        std::rethrow_exception(error);
    } catch (RestError const& refusal) {
        answer(refusal);
        return;
    } catch (Unavailable const&) {
        answer(RestError(503, "SERVICE_UNAVAILABLE", "Not available at present, try again later"));
        return;
    } catch (std::exception const& other) {
        tell_failed(other.what());
    } catch (...) {
        tell_failed({});
    }
    answer(RestError(500, "INTERNAL_ERROR", "Internal server error"));
}

void Rest::add(std::string method, std::string_view path, RestHandler handler) {
    Route route{std::move(method), {}, std::move(handler)};
    for (auto const segment : segments_of(path)) {
        route.segments.emplace_back(segment);
    }
    auto const names =
        static_cast<std::size_t>(std::count_if(route.segments.begin(), route.segments.end(),
                                               [](auto const& s) { return s.starts_with(':'); }));
    if (route.handler.parameters > names + 1) {
        throw std::logic_error("the handler of " + std::string(path) +
                               " has more parameters than the path has names and one input");
    }
    routes_.push_back(std::move(route));
}

void Rest::mount(net::Router& router) {
    router.add([this](net::Request const& request) { return serves(request); },
               [this](net::Request request, net::Responder responder) {
                   handle(std::move(request), std::move(responder));
               });
}

bool Rest::serves(net::Request const& request) const {
    auto const path = request.path();
    if (std::any_of(options_.prefixes.begin(), options_.prefixes.end(),
                    [&](std::string const& prefix) { return path.starts_with(prefix); })) {
        return true;
    }
    auto const segments = segments_of(path);
    return std::any_of(routes_.begin(), routes_.end(),
                       [&](Route const& route) { return matches(route.segments, segments); });
}

void Rest::handle(net::Request request, net::Responder responder) const {
    auto exchange = std::make_shared<HttpExchange>(*this, std::move(request));
    auto const& received = exchange->call.request;
    if (auto preflight = engineio::apply_cors(options_.cors, received, exchange->cors)) {
        responder.respond(std::move(*preflight));
        return;
    }
    exchange->responder = std::move(responder);
    if (!admit(*exchange)) {
        return;
    }
    exchange->responder.read_body(
        options_.max_body_bytes, [this, exchange](net::BodyResult result, std::string body) {
            if (result == net::BodyResult::too_large) {
                exchange->answer(RestError(413, "PAYLOAD_TOO_LARGE", "Request body is too large"));
            } else if (read_json(exchange->call, body)) {
                run(exchange);
            } else {
                exchange->answer(RestError(400, "INVALID_JSON", "Request body is not JSON"));
            }
        });
}

Rest::Route const* Rest::find(RestCall& call, bool& path_known) const {
    auto const segments = segments_of(call.request.path());
    auto const method = call.request.method == "HEAD" ? std::string_view("GET")
                                                      : std::string_view(call.request.method);
    for (auto const& route : routes_) {
        if (!matches(route.segments, segments)) {
            continue;
        }
        path_known = true;
        if (route.method != method) {
            continue;
        }
        for (std::size_t i = 0; i < segments.size(); ++i) {
            if (route.segments[i].starts_with(':')) {
                call.path.push_back(net::percent_decode(segments[i]));
            }
        }
        return &route;
    }
    return nullptr;
}

bool Rest::admit(RestExchange& exchange) const {
    try {
        for (auto const& hook : hooks_) {
            if (auto reply = hook(exchange.call)) {
                exchange.answer(std::move(*reply));
                return false;
            }
        }
        return true;
    } catch (...) {
        exchange.fail(std::current_exception());
        return false;
    }
}

void Rest::run(RestExchangePtr const& exchange) const {
    try {
        bool path_known = false;
        auto const* route = find(exchange->call, path_known);
        if (route == nullptr) {
            exchange->answer(path_known ? RestError(405, "METHOD_NOT_ALLOWED", "Method not allowed")
                                        : RestError(404, "NOT_FOUND", "Not found"));
        } else if (!route->handler.function(exchange)) {
            exchange->answer(RestError(400, "VALIDATION_ERROR", "Invalid request"));
        }
    } catch (...) {
        exchange->fail(std::current_exception());
    }
}

net::Response Rest::response(Reply reply) const {
    net::Response response;
    response.status = reply.status();
    response.headers = std::move(reply.headers());
    auto body = reply.body();
    if (auto const& error = reply.error()) {
        body = (options_.error_form ? options_.error_form(*error)
                                    : Json::object({{"error", error->message}}))
                   .dump();
    }
    if (body) {
        net::set_header(response.headers, "Content-Type", "application/json; charset=utf-8");
        response.body = std::move(*body);
    }
    net::set_header(response.headers, "Cache-Control", "no-store");
    return response;
}

}  // namespace apps::common
