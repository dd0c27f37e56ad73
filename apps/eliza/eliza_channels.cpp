// The part of the rules people use over REST: servers, agents, channels and their messages.

#include "apps/common/clipped.hpp"
#include "apps/eliza/eliza.hpp"
#include "apps/eliza/refusals.hpp"

#include <algorithm>
#include <utility>

namespace apps::eliza {

using socketio::Json;

namespace {

// Deleted by a request beside what it is for.
constexpr std::size_t few_rows = 20;

std::string short_form(std::string const& id) {
    return id.substr(0, 8);
}

}  // namespace

Outcome<Server> Eliza::known_server(std::string const& id) {
    auto server = archive_.server(id);
    if (!server) {
        return no_server(id);
    }
    return *std::move(server);
}

Outcome<Server> Eliza::make_server(std::string const& name, std::string const& source_type,
                                   Json const& metadata) {
    auto const& limits = policy_.limits;
    if (name.empty()) {
        return Refusal{"name is required", "name", ""};
    }
    if (metadata.dump().size() > limits.metadata_bytes) {
        return Refusal{"metadata is too long", "metadata", ""};
    }
    if (archive_.count_servers() >= limits.servers) {
        return Refusal{"There is no place for another server", "name", "", 409};
    }
    auto const now = clock_();
    Server const server{ids_(),
                        common::clipped(name, limits.name_bytes),
                        common::clipped(source_type, limits.name_bytes),
                        metadata,
                        now,
                        now};
    archive_.put(server);
    return server;
}

Outcome<Server> Eliza::remove_server(std::string const& id) {
    auto server = known_server(id);
    if (server && id == default_server_id) {
        return Refusal{"The default server cannot be removed", "serverId", id, 403};
    }
    if (server) {
        archive_.remove_server(id);
        has_leftovers_ = true;
    }
    return server;
}

Outcome<AgentState> Eliza::agent(std::string const& id) {
    auto agent = archive_.agent(id);
    if (!agent) {
        return not_found("Agent");
    }
    return *std::move(agent);
}

Outcome<AgentState> Eliza::set_active(std::string const& id, bool active) {
    if (auto known = agent(id); !known) {
        return known;
    }
    archive_.set_active(id, active, clock_());
    return agent(id);
}

Outcome<std::vector<std::string>> Eliza::agents_of_server(std::string const& server) {
    if (auto known = known_server(server); !known) {
        return known.error();
    }
    return archive_.agents_of_server(server);
}

Outcome<Server> Eliza::set_server_agent(std::string const& server, std::string const& agent,
                                        bool present) {
    auto known = known_server(server);
    if (!known) {
        return known;
    }
    if (!archive_.agent(agent)) {
        return not_found("Agent");
    }
    if (present) {
        archive_.add_to_server(server, agent);
    } else {
        archive_.remove_from_server(server, agent);
    }
    return known;
}

Outcome<std::vector<Channel>> Eliza::channels(std::string const& server,
                                              std::string const& viewer) {
    if (auto known = known_server(server); !known) {
        return known.error();
    }
    auto const whose = policy_.isolation ? std::optional(viewer) : std::nullopt;
    return archive_.channels_of(server, whose, policy_.limits.listed_channels, answer_budget());
}

Outcome<Channel> Eliza::make_channel(NewChannel wanted, std::string const& viewer) {
    auto const& limits = policy_.limits;
    bool const made_on_purpose = wanted.id.empty();
    if (auto server = known_server(wanted.server); !server) {
        return server.error();
    }
    if (made_on_purpose && wanted.name.empty()) {
        return Refusal{"name is required", "name", ""};
    }
    for (auto const& participant : wanted.participants) {
        if (!common::is_uuid(participant)) {
            return no_uuid("participantCentralUserIds", participant);
        }
    }
    if (wanted.participants.size() > limits.participants) {
        return Refusal{"Too many participants", "participantCentralUserIds", ""};
    }
    if (wanted.metadata.dump().size() > limits.metadata_bytes) {
        return Refusal{"metadata is too long", "metadata", ""};
    }
    archive_.sweep(few_rows);  // nobody makes and removes them faster than they are deleted
    if (archive_.count_channels() >= limits.channels && !make_place()) {
        return no_place("channel");
    }
    if (!make_room((wanted.participants.size() + 1) * participant_bytes)) {
        return no_place("channel");
    }
    Channel channel;
    channel.id = made_on_purpose ? ids_() : wanted.id;
    channel.server_id = wanted.server;
    channel.type = wanted.type;
    bool const dm = wanted.type == ChannelType::dm;
    channel.name = wanted.name.empty() ? (dm ? "DM " : "Chat ") + short_form(channel.id)
                                       : common::clipped(wanted.name, limits.name_bytes);
    channel.source_type = made_on_purpose ? "client" : "auto";
    channel.metadata = wanted.metadata.is_object() ? std::move(wanted.metadata) : Json::object();
    channel.created_at = channel.updated_at = clock_();
    channel.maker = wanted.maker;
    archive_.put(channel);
    for (auto const& participant : wanted.participants) {
        archive_.add_participant(channel.id, participant);
    }
    // Whoever makes a channel others may not see must be able to see it.
    if (policy_.isolation && common::is_uuid(viewer)) {
        archive_.add_participant(channel.id, viewer);
    }
    return channel;
}

// Anybody may fill the server with channels: those who do pay for it, else what was used least, and
// none where somebody is. But somebody can be in as many as they like, so of those who made many
// only so many are spared.
bool Eliza::make_place() {
    auto const in_use = [this](std::string const& id) {
        return policy_.in_use && policy_.in_use(id);
    };
    auto const& limits = policy_.limits;
    for (auto const& maker : archive_.makers_of_channels(limits.channels_per_maker)) {
        auto const own =
            archive_.most_dispensable_channel(maker, in_use, limits.used_channels_per_maker);
        if (own) {
            if (policy_.gave_place && in_use(*own)) {
                gave_place_.push_back(*own);
            }
            return give_up(*own);
        }
    }
    auto const oldest = archive_.most_dispensable_channel(in_use);
    return oldest && give_up(*oldest);
}

bool Eliza::give_up(std::string const& channel) {
    has_leftovers_ = true;
    return archive_.remove_channel(channel);
}

// A message at most needs a few tries; where a smaller limit than before needs more, sweep() does
// it piece by piece, and who writes before that is refused.
bool Eliza::make_room(std::size_t bytes) {
    constexpr int tries = 16;
    for (int i = 0; archive_.bytes() + bytes > policy_.limits.kept_bytes; ++i) {
        if (i == tries ||
            !(archive_.sweep(few_rows) ||
              archive_.shorten_heaviest(few_rows, policy_.limits.kept_bytes_per_maker))) {
            return false;
        }
    }
    return true;
}

bool Eliza::sweep() {
    constexpr std::size_t piece = 100;
    return archive_.sweep(piece) ||
           (archive_.bytes() > policy_.limits.kept_bytes &&
            archive_.shorten_heaviest(piece, policy_.limits.kept_bytes_per_maker));
}

Outcome<std::optional<Channel>> Eliza::find_dm(std::string const& user, std::string const& target,
                                               std::string const& viewer) {
    if (!common::is_uuid(user) || !common::is_uuid(target) || user == target) {
        return Refusal{"currentUserId and targetUserId must be two UUIDs", "targetUserId", ""};
    }
    if (policy_.isolation && user != viewer) {
        return no_access("use this channel");
    }
    return archive_.dm_between(user, target);
}

Outcome<Channel> Eliza::dm_channel(std::string const& server, std::string const& user,
                                   std::string const& target, std::string const& viewer,
                                   std::string const& maker) {
    auto found = find_dm(user, target, viewer);
    if (!found) {
        return found.error();
    }
    if (*found) {
        return **std::move(found);
    }
    auto metadata =
        Json::object({{"isDm", true}, {"user1", user}, {"user2", target}, {"forAgent", target}});
    return make_channel({"",
                         server,
                         "DM-" + user + "-" + target,
                         ChannelType::dm,
                         {user, target},
                         std::move(metadata),
                         maker},
                        viewer);
}

Outcome<Channel> Eliza::channel(std::string const& id, std::string const& viewer) {
    auto channel = archive_.channel(id);
    if (!channel) {
        return not_found("Channel");
    }
    if (policy_.isolation && !admits(id, viewer)) {
        return no_access("access this channel");
    }
    return *std::move(channel);
}

Outcome<ChangedChannel> Eliza::change_channel(std::string const& id, ChannelChange const& change,
                                              std::string const& viewer) {
    auto found = channel(id, viewer);
    if (!found) {
        return found.error();
    }
    std::vector<std::string> removed;
    auto const& limits = policy_.limits;
    if (change.name && change.name->empty()) {
        return Refusal{"name must not be empty", "name", ""};
    }
    if (change.metadata && change.metadata->dump().size() > limits.metadata_bytes) {
        return Refusal{"metadata is too long", "metadata", ""};
    }
    if (change.participants) {
        if (change.participants->size() > limits.participants) {
            return Refusal{"Too many participants", "participantCentralUserIds", ""};
        }
        for (auto const& each : *change.participants) {
            if (!common::is_uuid(each)) {
                return no_uuid("participantCentralUserIds", each);
            }
        }
        if (!make_room(change.participants->size() * participant_bytes)) {
            return no_place("participant");
        }
        for (auto const& gone : archive_.participants(id)) {
            if (std::find(change.participants->begin(), change.participants->end(), gone) ==
                change.participants->end()) {
                removed.push_back(gone);
            }
        }
        archive_.put_participants(id, *change.participants);
    }
    if (change.name) {
        found->name = common::clipped(*change.name, limits.name_bytes);
    }
    if (change.metadata && change.metadata->is_object()) {
        found->metadata = *change.metadata;
    }
    found->updated_at = clock_();
    archive_.put(*found);
    return ChangedChannel{*std::move(found), std::move(removed)};
}

Outcome<Channel> Eliza::remove_channel(std::string const& id, std::string const& viewer) {
    auto found = channel(id, viewer);
    if (found) {
        archive_.remove_channel(id);
        has_leftovers_ = true;
    }
    return found;
}

Outcome<std::vector<std::string>> Eliza::participants(std::string const& id,
                                                      std::string const& viewer) {
    if (auto found = channel(id, viewer); !found) {
        return found.error();
    }
    return archive_.participants(id);
}

Outcome<Channel> Eliza::set_channel_agent(std::string const& id, std::string const& agent,
                                          bool present, std::string const& viewer) {
    auto found = channel(id, viewer);
    if (!found) {
        return found;
    }
    if (!archive_.agent(agent)) {
        return not_found("Agent");
    }
    if (present) {
        include(*found, agent);
    } else {
        archive_.remove_participant(id, agent);
    }
    return found;
}

Outcome<std::string> Eliza::title(std::string const& id, std::string const& viewer) {
    constexpr std::size_t title_bytes = 48;
    auto found = channel(id, viewer);
    if (!found) {
        return found.error();
    }
    for (auto const& message : history_of(id)) {
        if (archive_.agent(message.author_id) || message.content.empty()) {
            continue;
        }
        auto title = common::clipped(message.content, title_bytes);
        if (title.size() < message.content.size()) {
            title = title.substr(0, title.find_last_of(' ')) + "…";
        }
        return Outcome<std::string>(boost::system::in_place_value, title);
    }
    return Outcome<std::string>(boost::system::in_place_value, found->name);
}

Outcome<std::vector<Message>> Eliza::messages(std::string const& id, PageRequest const& page,
                                              std::string const& viewer) {
    if (auto found = channel(id, viewer); !found) {
        return found.error();
    }
    constexpr std::int64_t usual_page = 50;
    auto const most = static_cast<std::int64_t>(policy_.limits.page);
    auto const limit = std::clamp<std::int64_t>(page.limit.value_or(usual_page), 1, most);
    auto budget = answer_budget();
    return archive_.page(id, static_cast<std::size_t>(limit), page.before, page.after, budget);
}

Outcome<Message> Eliza::message(std::string const& id, std::string const& viewer) {
    auto message = archive_.message(id);
    if (!message) {
        return not_found("Message");
    }
    if (auto found = channel(message->channel_id, viewer); !found) {
        return found.error();
    }
    return *std::move(message);
}

Outcome<Message> Eliza::remove_message(std::string const& channel, std::string const& id,
                                       std::string const& viewer) {
    auto found = message(id, viewer);
    if (found && found->channel_id != channel) {
        return not_found("Message");
    }
    if (found) {
        archive_.remove_message(channel, id);
    }
    return found;
}

Outcome<int> Eliza::clear(std::string const& id, std::string const& viewer) {
    if (auto found = channel(id, viewer); !found) {
        return found.error();
    }
    has_leftovers_ = true;
    return archive_.clear(id);
}

}  // namespace apps::eliza
