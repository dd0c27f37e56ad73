#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// What Kaiku's rules speak of: neutral values, no socket and no dialect. Times are milliseconds
/// since 1970, ids UUIDs in lower case.
namespace apps::kaiku {

/// Why nothing was done.
enum class Reason : std::uint8_t {
    channel_not_found,
    not_found,
    forbidden,
    invalid,
    rate_limited,
    conflict,  ///< it is so already, and that matters
    not_elevated,
    unavailable,  ///< changes cannot be kept at present
};

struct Refusal {
    Reason reason = Reason::invalid;
    std::string message;
};

template <class T>
using Outcome = boost::system::result<T, Refusal>;

struct User {
    std::string id, username, display_name, email;
    std::string status = "online";  ///< chosen; what others see is People::status_of
    std::int64_t created = 0;
};

struct Guild {
    std::string id, name, owner;
    std::int64_t created = 0;
};

struct Member {
    std::string guild, user;
    std::int64_t joined = 0;
};

struct Invite {
    std::string code, id, guild, created_by;
    std::int64_t created = 0, expires = 0;  ///< 0: never
    std::int64_t uses = 0;
};

struct Channel {
    std::string id, guild, name;
    std::string type = "text";  ///< or "voice"
    std::string topic;
    std::int64_t position = 0, created = 0;
};
/// Channels do not change, so who has asked for some need not copy them under the lock.
using ChannelPtr = std::shared_ptr<Channel const>;

struct Message {
    std::string id, channel, author, content;
    bool encrypted = false;
    std::string reply_to;  ///< "" if it is no reply
    std::int64_t created = 0, edited = 0;
};

/// A request, a friendship, or that `requester` has blocked `addressee`.
struct Friendship {
    std::string id, requester, addressee;
    std::string status = "pending";  ///< "accepted", "blocked"
    std::int64_t created = 0, updated = 0;

    std::string const& other(std::string const& user) const {
        return requester == user ? addressee : requester;
    }
    /// Whether it is so by what this one of the two did.
    bool made_by(std::string const& user) const {
        return requester == user || status == "accepted";
    }
};

/// Where the state is kept over a restart. Returns at once; order is kept.
class Journal {
public:
    struct State {
        std::vector<User> users;
        std::vector<Guild> guilds;
        std::vector<Member> members;
        std::vector<Invite> invites;
        std::vector<Channel> channels;
        std::vector<Friendship> friendships;
    };
    virtual ~Journal() = default;
    virtual void status(std::string const& user, std::string const& status) = 0;
    virtual void guild(Guild const& guild) = 0;
    virtual void member(Member const& member) = 0;
    virtual void invite(Invite const& invite) = 0;
    virtual void invite_gone(std::string const& code) = 0;
    virtual void channel(Channel const& channel) = 0;
    virtual void friendship(Friendship const& friendship) = 0;
    virtual void friendship_gone(std::string const& id) = 0;
    virtual void said(Message const& message) = 0;
};

}  // namespace apps::kaiku
