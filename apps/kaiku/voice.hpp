#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/rate_limit.hpp"
#include "apps/kaiku/model.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace apps::kaiku {

/// A screen or a webcam that somebody shows.
struct Share {
    std::string quality = "medium";  ///< low, medium, high or premium
    bool has_audio = false;
    std::string source_label;
    std::string id;
    std::int64_t started = 0;
};

/// One who is in a voice channel, with the connection that joined.
struct Participant {
    std::uint64_t connection = 0;
    bool seed = false;  ///< the connection hears the document's names
    bool muted = false;
    bool speaking = false;
    std::optional<Share> screen = {}, webcam = {};
};

/// Who is in which voice channel, and in what state: a user is in one at most, on one connection.
/// Whether they may is Guilds' business. Not thread-safe: its owner is the system's lock.
class Voice {
public:
    using Room = std::map<std::string, Participant>;  // user → state
    static constexpr std::size_t max_participants = 50;

    /// `joins`: how often one user may join.
    explicit Voice(common::Rate joins, common::SteadyClock now = std::chrono::steady_clock::now)
        : now_(std::move(now)), joins_(joins) {}

    /// True if the user was not there before: once more on the same connection is the same as once.
    Outcome<bool> join(std::string const& user, std::uint64_t connection,
                       std::string const& channel);
    /// From any of the user's connections; false if the user was not there.
    bool leave(std::string const& user, std::string const& channel);
    /// The channel that the connection's user was in through it, now left.
    std::optional<std::string> disconnect(std::string const& user, std::uint64_t connection);

    Room const& room(std::string const& channel) const;
    /// Refused if the user is not there on this connection.
    Outcome<Participant*> participant(std::string const& user, std::uint64_t connection,
                                      std::string const& channel);

private:
    common::SteadyClock now_;
    common::RateLimiter joins_;
    std::unordered_map<std::string, Room> rooms_;         // no empty ones
    std::unordered_map<std::string, std::string> where_;  // user → channel
};

}  // namespace apps::kaiku
