#include "socketio/handshake.hpp"

#include <ctime>

namespace socketio {

std::optional<std::string> Handshake::query(std::string_view name) const {
    auto const all = request_->query();
    return all.has(name) ? std::optional<std::string>(all.get(name)) : std::nullopt;
}

Json Handshake::to_json() const {
    Json headers = Json::object();
    for (auto const& [name, value] : request_->headers) {
        headers.set(name, value);
    }
    Json query = Json::object();
    auto const parsed = request_->query();  // keeps the pairs alive
    for (auto const& [name, value] : parsed.pairs()) {
        query.set(name, value);
    }
    auto const issued_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(issued_.time_since_epoch()).count();
    return Json::object(
        {{"headers", headers},
         {"time", engineio::net::http_date(std::chrono::system_clock::to_time_t(issued_))},
         {"address", request_->remote_address},
         {"xdomain", xdomain()},
         {"secure", request_->secure},
         {"issued", issued_ms},
         {"url", request_->target},
         {"query", query},
         {"auth", auth_}});
}

}  // namespace socketio
