#include "engineio/net/router.hpp"

namespace engineio::net {

void Router::add(Predicate matches, HttpHandler& handler) {
    add(std::move(matches), [&handler](Request request, Responder responder) {
        handler.on_request(std::move(request), std::move(responder));
    });
}

void Router::add(Predicate matches, Function function) {
    routes_.push_back({std::move(matches), std::move(function)});
}

void Router::add_path(std::string path, Function function) {
    add([path = std::move(path)](Request const& request) { return request.path() == path; },
        std::move(function));
}

void Router::add_prefix(std::string prefix, Function function) {
    add([prefix = std::move(prefix)](
            Request const& request) { return request.target.starts_with(prefix); },
        std::move(function));
}

void Router::on_request(Request request, Responder responder) {
    for (auto const& route : routes_) {
        if (route.matches(request)) {
            route.function(std::move(request), std::move(responder));
            return;
        }
    }
    if (fallback_) {
        fallback_(std::move(request), std::move(responder));
        return;
    }
    Response response;
    response.status = 404;
    responder.respond(std::move(response));
}

}  // namespace engineio::net
