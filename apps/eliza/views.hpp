#pragma once

#include "apps/eliza/log_book.hpp"
#include "apps/eliza/messages.hpp"
#include "apps/eliza/model.hpp"

#include <initializer_list>
#include <string>

namespace apps::eliza {

// From the neutral model to the wire forms, and what clients of different ages call the same thing.

/// The first of several names under which a text is given, or "".
std::string first_text(socketio::Json const& json, std::initializer_list<char const*> names);
std::string channel_id_of(socketio::Json const& json);
/// The message server named, or "".
std::string server_id_of(socketio::Json const& json);
/// What the client says the channel is, if it does.
std::optional<ChannelType> channel_type_of(socketio::Json const& metadata);
char const* name_of(ChannelType type);

Broadcast broadcast_of(Message const& message);
WorldState state_of(World const& world);
LogEntry entry_of(LogLine const& line);
AgentView view_of(AgentState const& agent);
CharacterView character_of(AgentState const& agent);
ServerView view_of(Server const& server);
ChannelRecord record_of(Channel const& channel);
MessageRecord record_of(Message const& message);

template <class T>
auto views_of(std::vector<T> const& items) {
    std::vector<decltype(view_of(items.front()))> views;
    for (auto const& item : items) {
        views.push_back(view_of(item));
    }
    return views;
}

template <class T>
auto records_of(std::vector<T> const& items) {
    std::vector<decltype(record_of(items.front()))> records;
    for (auto const& item : items) {
        records.push_back(record_of(item));
    }
    return records;
}

}  // namespace apps::eliza
