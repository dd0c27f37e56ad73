#include "apps/kaiku/voice.hpp"

namespace apps::kaiku {

Outcome<bool> Voice::join(std::string const& user, std::uint64_t connection,
                          std::string const& channel) {
    if (!joins_.take(user, now_())) {
        return Refusal{Reason::rate_limited, "Rate limited: too many voice join requests"};
    }
    if (auto const found = where_.find(user); found != where_.end()) {
        if (found->second == channel && rooms_[channel][user].connection == connection) {
            return false;
        }
        return Refusal{Reason::conflict, "Already in voice channel"};
    }
    if (room(channel).size() >= max_participants) {
        return Refusal{Reason::forbidden, "The voice channel is full"};
    }
    rooms_[channel][user].connection = connection;
    where_[user] = channel;
    return true;
}

bool Voice::leave(std::string const& user, std::string const& channel) {
    auto const found = rooms_.find(channel);
    if (found == rooms_.end() || found->second.erase(user) == 0) {
        return false;
    }
    where_.erase(user);
    if (found->second.empty()) {
        rooms_.erase(found);
    }
    return true;
}

std::optional<std::string> Voice::disconnect(std::string const& user, std::uint64_t connection) {
    auto const found = where_.find(user);
    if (found == where_.end() || room(found->second).at(user).connection != connection) {
        return std::nullopt;
    }
    auto const channel = found->second;
    leave(user, channel);
    return channel;
}

Voice::Room const& Voice::room(std::string const& channel) const {
    static Room const nobody;
    auto const found = rooms_.find(channel);
    return found == rooms_.end() ? nobody : found->second;
}

Outcome<Participant*> Voice::participant(std::string const& user, std::uint64_t connection,
                                         std::string const& channel) {
    auto const found = where_.find(user);
    if (found != where_.end() && found->second == channel) {
        auto& participant = rooms_[channel][user];
        if (participant.connection == connection) {
            return &participant;
        }
    }
    return Refusal{Reason::forbidden, "Not in this voice channel"};
}

}  // namespace apps::kaiku
