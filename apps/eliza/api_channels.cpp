// The REST side of channels and messages; api.cpp has the rest.

#include "apps/eliza/api.hpp"
#include "apps/eliza/replies.hpp"
#include "apps/eliza/statements.hpp"
#include "apps/eliza/times.hpp"
#include "engineio/net/address_group.hpp"

#include <utility>

namespace apps::eliza {

namespace {

constexpr int created = 201;

// Who asks, as the web UI says in every request. Counts with isolation only, where an operator
// has an authenticating proxy set the header.
std::string viewer_of(common::RestCall const& call) {
    return std::string(call.request.header("x-entity-id"));
}

// Where it comes from: who makes much, and reads much at once, is counted by that.
std::string maker_of(common::RestCall const& call) {
    return engineio::net::address_group(call.request.remote_address);
}

std::optional<std::vector<std::string>> ids_of(socketio::Json const& list) {
    auto const* items = list.array_items();
    if (items == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string> ids;
    for (auto const& item : *items) {
        ids.push_back(item.string() != nullptr ? *item.string() : std::string());
    }
    return ids;
}

auto const channel_view = [](Channel const& channel) { return record_of(channel); };

}  // namespace

ReadTurns::Task Api::turn_of(Call const& call) {
    return turns_.enter(maker_of(call));
}

Api::Task Api::channels(Call& call, std::string server) {
    auto work = [server, viewer = viewer_of(call)](Eliza& rules) {
        return rules.channels(server, viewer);
    };
    auto const turn = co_await turn_of(call);
    if (!turn) {
        co_return too_many_reads();
    }
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, [](std::vector<Channel> const& channels) {
        return Json::object({{"channels", socketio::to_json(records_of(channels))}});
    });
}

Api::Task Api::make_channel(Call& call, Json body) {
    NewChannel wanted;
    if (auto const server = server_id_of(body); !server.empty()) {
        wanted.server = server;
    }
    wanted.name = first_text(body, {"name"});
    wanted.metadata = object_of(body["metadata"]);
    bool const direct =
        first_text(body, {"type"}) == "DM" || channel_type_of(wanted.metadata) == ChannelType::dm;
    wanted.type = direct ? ChannelType::dm : ChannelType::group;
    wanted.participants =
        ids_of(body["participantCentralUserIds"]).value_or(std::vector<std::string>());
    wanted.maker = maker_of(call);
    auto work = [wanted, viewer = viewer_of(call)](Eliza& rules) {
        return rules.make_channel(wanted, viewer);
    };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, channel_view, created);
}

// A GET, as clients have it, that is a change if there is none yet.
Api::Task Api::dm_channel(Call& call, DmQuery query) {
    auto find = [query, viewer = viewer_of(call)](Eliza& rules) {
        return rules.find_dm(query.currentUserId, query.targetUserId, viewer);
    };
    auto const known = co_await desk_.ask(std::move(find));
    if (!known || *known) {
        co_return reply_of(known, [](auto const& channel) { return record_of(*channel); });
    }
    if (auto refusal = admit_change_(call)) {
        co_return *std::move(refusal);
    }
    auto work = [query, viewer = viewer_of(call), maker = maker_of(call)](Eliza& rules) {
        return rules.dm_channel(query.dmServerId.value_or(default_server_id), query.currentUserId,
                                query.targetUserId, viewer, maker);
    };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, channel_view);
}

Api::Task Api::channel(Call& call, std::string id) {
    auto work = [id, viewer = viewer_of(call)](Eliza& rules) { return rules.channel(id, viewer); };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, channel_view);
}

Api::Task Api::change_channel(Call& call, std::string id, Json body) {
    ChannelChange change;
    auto updates = Json::object();
    if (auto const* name = body["name"].string()) {
        change.name = *name;
        updates.set("name", *name);
    }
    if (auto ids = ids_of(body["participantCentralUserIds"])) {
        change.participants = std::move(ids);
        updates.set("participantCentralUserIds", body["participantCentralUserIds"]);
    }
    if (body["metadata"].is_object()) {
        change.metadata = body["metadata"];
        updates.set("metadata", body["metadata"]);
    }
    auto work = [id, change, viewer = viewer_of(call)](Eliza& rules) {
        return rules.change_channel(id, change, viewer);
    };
    auto const changed = co_await desk_.ask(std::move(work));
    if (changed) {
        stage_.dismiss(id, changed->removed);
        stage_.channel_updated(changed->channel, updates);
    }
    co_return reply_of(changed, [](ChangedChannel const& each) { return record_of(each.channel); });
}

Api::Task Api::remove_channel(Call& call, std::string id) {
    auto work = [id, viewer = viewer_of(call)](Eliza& rules) {
        return rules.remove_channel(id, viewer);
    };
    auto const removed = co_await desk_.ask(std::move(work));
    if (removed) {
        stage_.channel_deleted(id);
    }
    co_return empty_reply(removed);
}

Api::Task Api::participants(Call& call, std::string id) {
    auto work = [id, viewer = viewer_of(call)](Eliza& rules) {
        return rules.participants(id, viewer);
    };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, [](std::vector<std::string> const& ids) { return ids; });
}

Api::Task Api::set_channel_agent(Call& call, std::string id, std::string agent, bool present) {
    auto work = [id, agent, present, viewer = viewer_of(call)](Eliza& rules) {
        return rules.set_channel_agent(id, agent, present, viewer);
    };
    auto const view = [agent](Channel const& channel) {
        return Json::object({{"channelId", channel.id}, {"agentId", agent}});
    };
    auto const outcome = co_await desk_.ask(std::move(work));
    if (outcome && !present) {
        stage_.dismiss(id, {agent});
    }
    co_return reply_of(outcome, view, present ? created : 200);
}

Api::Task Api::add_channel_agent(Call& call, std::string id, Json body) {
    return set_channel_agent(call, std::move(id), first_text(body, {"agentId"}), true);
}

Api::Task Api::remove_channel_agent(Call& call, std::string id, std::string agent) {
    return set_channel_agent(call, std::move(id), std::move(agent), false);
}

Api::Task Api::title(Call& call, std::string id) {
    auto work = [id, viewer = viewer_of(call)](Eliza& rules) { return rules.title(id, viewer); };
    auto const turn = co_await turn_of(call);
    if (!turn) {
        co_return too_many_reads();
    }
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, [id](std::string const& title) {
        return Json::object({{"title", title}, {"channelId", id}});
    });
}

Api::Task Api::messages(Call& call, std::string channel, PageQuery query) {
    PageRequest page;
    page.limit = number_of(query.limit.value_or(""));
    page.before = time_of(query.before.value_or(""));
    page.after = time_of(query.after.value_or(""));
    auto work = [channel, page, viewer = viewer_of(call)](Eliza& rules) {
        return rules.messages(channel, page, viewer);
    };
    auto const turn = co_await turn_of(call);
    if (!turn) {
        co_return too_many_reads();
    }
    auto const outcome = co_await desk_.ask(std::move(work));
    if (!outcome) {
        co_return refusal_reply(outcome.error());
    }
    co_return Reply(MessagePage{true, {records_of(*outcome)}});
}

Api::Task Api::post_message(Call& call, std::string channel, Json body) {
    auto statement = statement_of(body);
    statement.channel = channel;
    statement.self = viewer_of(call);
    statement.maker = maker_of(call);
    if (statement.server.empty()) {
        statement.server = default_server_id;
    }
    if (statement.sender.empty()) {
        statement.sender = statement.self;
    }
    auto work = [statement](Eliza& rules) { return rules.say(statement); };
    auto said = co_await desk_.ask(std::move(work));
    if (!said) {
        co_return refusal_reply(said.error());
    }
    auto reply = Reply::created(success(record_of(said->message)));
    stage_.announce(*std::move(said), nullptr);
    co_return reply;
}

Api::Task Api::message(Call& call, std::string id) {
    auto work = [id, viewer = viewer_of(call)](Eliza& rules) { return rules.message(id, viewer); };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, [](Message const& message) { return record_of(message); });
}

Api::Task Api::remove_message(Call& call, std::string channel, std::string id) {
    auto work = [=, viewer = viewer_of(call)](Eliza& rules) {
        return rules.remove_message(channel, id, viewer);
    };
    auto const removed = co_await desk_.ask(std::move(work));
    if (removed) {
        stage_.message_deleted(channel, id);
    }
    co_return empty_reply(removed);
}

Api::Task Api::clear(Call& call, std::string channel) {
    auto work = [channel, viewer = viewer_of(call)](Eliza& rules) {
        return rules.clear(channel, viewer);
    };
    auto const cleared = co_await desk_.ask(std::move(work));
    if (cleared) {
        stage_.channel_cleared(channel);
    }
    co_return empty_reply(cleared);
}

Api::Task Api::submit(Call& call, Json body) {
    auto const statement = statement_of(body);
    Message message;
    message.id = desk_.fresh_id();
    message.channel_id = statement.channel;
    message.author_id = statement.sender.empty() ? first_text(body, {"agentId"}) : statement.sender;
    message.content = statement.text;
    message.source_type = statement.source.empty() ? "agent_response" : statement.source;
    message.in_reply_to = common::is_uuid(statement.in_reply_to)
                              ? std::optional(statement.in_reply_to)
                              : std::nullopt;
    message.metadata = socketio::RawJson::trusted(statement.metadata.dump());
    message.author_name = first_text(statement.metadata, {"agentName", "agent_name"});
    auto work = [message, viewer = viewer_of(call)](Eliza& rules) {
        return rules.submit(message, viewer);
    };
    auto const kept = co_await desk_.ask(std::move(work));
    if (!kept) {
        co_return refusal_reply(kept.error());
    }
    stage_.tell(*kept);
    co_return Reply::created(success(record_of(*kept)));
}

Api::Task Api::complete(Call& call, Json body) {
    auto const channel = channel_id_of(body);
    auto const server = server_id_of(body);
    if (!common::is_uuid(channel)) {
        throw common::RestError(400, "400", "channel_id is required");
    }
    auto work = [channel, viewer = viewer_of(call)](Eliza& rules) {
        return rules.channel(channel, viewer);
    };
    auto const found = co_await desk_.ask(std::move(work));
    if (found) {
        stage_.complete(channel, common::is_uuid(server) ? server : default_server_id);
    }
    co_return reply_of(found, [](Channel const& known) {
        return Json::object({{"channelId", known.id}});
    });
}

}  // namespace apps::eliza
