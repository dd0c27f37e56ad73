#pragma once

#include "engineio/callback.hpp"
#include "engineio/net/http.hpp"

#include <functional>
#include <string>
#include <utility>
#include <variant>

namespace engineio {

/// What a middleware decides about its request: pass it on, refuse it, or an answer of its own.
struct PassOn {};
/// Refuse it with 400; `reason` goes to connection_error, not to the client.
struct Refusal {
    std::string reason;  ///< in the error's context
};
/// One of the three.
using MiddlewareResult = std::variant<PassOn, Refusal, net::Response>;

/// How a middleware goes on, once: within its call or later, on any thread. Only the first call
/// counts; a Next that dies unused cuts the connection.
class Next {
public:
    /// @private Made by the library.
    using Decide = std::function<void(MiddlewareResult)>;
    /// @private Made by the library.
    explicit Next(Decide decide) : decide_(std::move(decide)) {}

    /// To the next middleware, at last to the engine.
    void operator()() const { decide_(PassOn{}); }
    /// 400 code 3; connection_error gets {name: MIDDLEWARE_FAILURE, error: reason}.
    void refuse(std::string reason) const { decide_(Refusal{std::move(reason)}); }
    /// Answers the request; an upgrade request's connection closes afterwards.
    void respond(net::Response response) const { decide_(std::move(response)); }

private:
    Decide decide_;
};

/// Sees every request and upgrade of the engine before any check, CORS excepted, on the shard of
/// the request's session (Node: io.engine.use). It may change the request's headers and add to
/// `answer`, the headers of whatever the answer will be, but for the refusal of an upgrade; both
/// are valid until `next` is called.
using Middleware = Callback<void(net::Request& request, net::Headers& answer, Next next)>;

}  // namespace engineio
