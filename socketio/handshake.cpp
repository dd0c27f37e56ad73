#include "socketio/handshake.hpp"

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

namespace socketio {

namespace {

template <class Pairs>
Json object_of_pairs(Pairs const& pairs) {
    std::vector<Json::Member> members;
    members.reserve(pairs.size());
    for (auto const& [name, value] : pairs) {
        members.emplace_back(name, value);
    }
    return Json::Object(std::move(members));
}

}  // namespace

Json query_json(engineio::net::Query const& query) {
    return object_of_pairs(query.pairs());
}

std::optional<std::string> Handshake::query(std::string_view name) const {
    auto const all = this->query();
    return all.has(name) ? std::optional<std::string>(all.get(name)) : std::nullopt;
}

Json Handshake::to_json() const {
    auto const all = request();
    auto const issued_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(issued_.time_since_epoch()).count();
    return Json::object(
        {{"headers", object_of_pairs(all.headers)},
         {"time", engineio::net::http_date(std::chrono::system_clock::to_time_t(issued_))},
         {"address", all.remote_address},
         {"xdomain", xdomain()},
         {"secure", all.secure},
         {"issued", issued_ms},
         {"url", all.target},
         {"query", query_json(all.query())},
         {"auth", auth_}});
}

Handshake Handshake::from_json(Json const& json) {
    engineio::net::Request request;
    if (Json::Object const* const headers = json["headers"].object_members()) {
        for (auto const& [name, value] : *headers) {
            request.headers.push_back({name, value.string() ? *value.string() : ""});
        }
    }
    auto const text = [&](char const* key) {
        auto const* const value = json[key].string();
        return value ? *value : std::string();
    };
    request.method = "GET";
    request.target = text("url");
    request.remote_address = text("address");
    request.secure = json["secure"] == Json(true);
    // Another server's word: it must not leave the clock's range.
    constexpr auto range =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::duration::max());
    auto const issued =
        std::clamp(std::chrono::milliseconds(json["issued"].integer().value_or(0)), -range, range);
    return Handshake(std::make_shared<engineio::net::StoredRequest const>(request), json["auth"],
                     std::chrono::system_clock::time_point(issued));
}

}  // namespace socketio
