#pragma once

#include "apps/common/reply.hpp"
#include "apps/eliza/views.hpp"

#include <string>
#include <utility>

namespace apps::eliza {

template <class T>
socketio::Json success(T const& data) {
    return socketio::Json::object({{"success", true}, {"data", socketio::to_json(data)}});
}

inline common::Reply refusal_reply(Refusal const& refusal) {
    return common::RestError(refusal.status, std::to_string(refusal.status), refusal.error);
}

/// `{success: true, data: view(value)}`, or the refusal.
template <class T, class View>
common::Reply reply_of(Outcome<T> const& outcome, View const& view, int status = 200) {
    return outcome ? common::Reply(success(view(*outcome)), status)
                   : refusal_reply(outcome.error());
}

/// 204, or the refusal.
template <class T>
common::Reply empty_reply(Outcome<T> const& outcome) {
    return outcome ? common::Reply::empty() : refusal_reply(outcome.error());
}

inline common::Reply too_many_reads() {
    return common::RestError(429, "429", "Too many requests of this address wait for an answer");
}

inline socketio::Json object_of(socketio::Json const& json) {
    return json.is_object() ? json : socketio::Json::object();
}

}  // namespace apps::eliza
