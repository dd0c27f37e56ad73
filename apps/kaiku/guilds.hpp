#pragma once

#include "apps/common/clock.hpp"
#include "apps/common/uuid.hpp"
#include "apps/kaiku/model.hpp"

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace apps::kaiku {

/// What is said by REST.
struct Draft {
    std::string content;
    bool encrypted = false;
    std::string reply_to;
};

/// Guilds with their members and channels, and who may do what in them: members see, write and
/// join; authors change their own messages; owners invite, make channels and remove messages. Not
/// thread-safe: its owner is the system's lock.
class Guilds {
public:
    static constexpr std::size_t max_guilds_of_user = 100;
    static constexpr std::size_t max_members = 500;
    static constexpr std::size_t max_channels = 200;        ///< of one guild,
    static constexpr std::size_t max_channels_made = 1000;  ///< and of all that one has made
    /// Of one guild, not expired. Then the oldest of those that never do gives way to a new one.
    static constexpr std::size_t max_invites = 100;
    static constexpr std::size_t max_name_bytes = 100;
    static constexpr std::size_t max_content = 4000;  ///< characters of a message,
    static constexpr std::size_t max_topic = 1024;    ///< and of a channel's topic

    Guilds(Journal& journal, common::Clock clock, common::IdSource ids,
           Journal::State const& state);

    /// The channel, if there is one and the user may see it.
    Outcome<ChannelPtr> view(std::string const& user, std::string const& channel) const;
    /// The same of a guild.
    Outcome<Guild> guild(std::string const& user, std::string const& guild) const;

    /// In the order of their making.
    std::vector<Guild> guilds_of(std::string const& user) const;
    /// In the order of their positions.
    std::vector<ChannelPtr> channels_of(std::string const& guild) const;
    std::vector<Member> members_of(std::string const& guild) const;

    Outcome<Guild> create(std::string const& user, std::string const& name);
    Outcome<ChannelPtr> add_channel(std::string const& user, std::string const& guild,
                                    std::string const& name, std::string const& type,
                                    std::string const& topic);
    /// `expires_in`: "30m", "1h", "1d", "7d" or "never".
    Outcome<Invite> invite(std::string const& user, std::string const& guild,
                           std::string const& expires_in);
    /// By an invitation's code; who is a member stays one.
    Outcome<Invite> join(std::string const& user, std::string const& code);

    Outcome<Message> say(std::string const& user, std::string const& channel, Draft const& draft);
    /// `message`, as it is kept, as `user` wants it: messages are in the store alone.
    Outcome<Message> edited(std::string const& user, Message message,
                            std::string const& content) const;
    Outcome<void> may_remove(std::string const& user, Message const& message) const;

private:
    struct House {
        Guild guild;
        std::map<std::string, std::int64_t> members;  // user → joined
        std::vector<std::string> channels;            // by position
        std::set<std::string> invites;                // codes
    };

    House const* house(std::string const& user, std::string const& guild) const;
    Outcome<House*> owned(std::string const& user, std::string const& guild);
    void enter(House& house, std::string const& user);
    void end_invite(std::string const& code);
    void forget_expired(House& house);
    bool make_room(House& house);

    Journal& journal_;
    common::Clock clock_;
    common::IdSource ids_;
    std::unordered_map<std::string, House> houses_;
    std::unordered_map<std::string, ChannelPtr> channels_;
    std::unordered_map<std::string, std::size_t> channels_made_;  // by the owners of their guilds
    std::unordered_map<std::string, Invite> invites_;
    std::unordered_map<std::string, std::set<std::string>> guilds_of_;  // user → guilds
};

}  // namespace apps::kaiku
