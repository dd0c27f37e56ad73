// Messages: said, changed and removed by REST, told to a channel's subscribers in both dialects.

#include "apps/kaiku/hub.hpp"
#include "apps/kaiku/views.hpp"

#include <algorithm>
#include <utility>

namespace apps::kaiku {

using common::Reply;
using common::RestCall;
using common::RestError;
using socketio::Json;
using socketio::Task;

namespace {

constexpr int usual_page = 50;
constexpr int longest_page = 100;

RestError message_not_found() {
    return {404, "MESSAGE_NOT_FOUND", "There is no such message"};
}

}  // namespace

RestError error_of(Refusal const& refusal) {
    switch (refusal.reason) {
    case Reason::channel_not_found:
        return {404, "CHANNEL_NOT_FOUND", refusal.message};
    case Reason::not_found:
        return {404, "NOT_FOUND", refusal.message};
    case Reason::not_elevated:
    case Reason::forbidden:
        return {403, "FORBIDDEN", refusal.message};
    case Reason::rate_limited:
        return {429, "RATE_LIMITED", refusal.message};
    case Reason::conflict:
        return {409, "CONFLICT", refusal.message};
    case Reason::unavailable:
        return {503, "SERVICE_UNAVAILABLE", refusal.message};
    case Reason::invalid:
        break;
    }
    return {400, "VALIDATION_ERROR", refusal.message};
}

Task<Reply> Hub::say(RestCall& call, std::string channel, MessageForm form) {
    return change(
        call,
        [this, id = plain_id(channel), form = std::move(form)](Kaiku& kaiku,
                                                               auto const& user) -> Reply {
            if (form.parent_id) {  // better refused than put into the channel for all to see
                return RestError{400, "VALIDATION_ERROR", "Threads are not supported"};
            }
            Draft const draft{form.content, form.encrypted.value_or(false),
                              form.reply_to.value_or("")};
            auto const message = kaiku.guilds.say(user, id, draft);
            if (!message) {
                return error_of(message.error());
            }
            MessageNotice const notice{id, view_of(*message, kaiku.people)};
            announce([this, user, notice](Kaiku& now) {
                auto const room = channel_room(notice.channel_id);
                listeners(now, user, room).send("message_new", notice, in_order());
                listeners(now, user, seed_part(room)).send("message_create", notice, in_order());
            });
            return {notice.message, 201};
        });
}

Task<Reply> Hub::edit(RestCall& call, std::string id, EditForm form) {
    auto const user = require(call);
    auto asked = store_.message(plain_id(id));
    auto const found = co_await asked;
    if (!found) {
        co_return message_not_found();
    }
    auto const wanted =
        rules_.with([&](Kaiku& kaiku) { return kaiku.guilds.edited(user, *found, form.content); });
    if (!wanted) {
        co_return error_of(wanted.error());
    }
    EditNotice const notice{wanted->channel, wanted->id, wanted->content, time_of(wanted->edited)};
    auto tell = [this, user, notice](Kaiku& now) {
        auto const room = channel_room(notice.channel_id);
        listeners(now, user, room).send("message_edit", notice, in_order());
        listeners(now, user, seed_part(room)).send("message_update", notice, in_order());
    };
    auto tell_locked = announced(std::move(tell));
    auto written = store_.edit(*wanted, std::move(tell_locked));
    if (!co_await written) {
        co_return message_not_found();
    }
    co_return rules_.with([&](Kaiku& kaiku) { return Reply(view_of(*wanted, kaiku.people)); });
}

Task<Reply> Hub::remove(RestCall& call, std::string id) {
    auto const user = require(call);
    auto asked = store_.message(plain_id(id));
    auto const found = co_await asked;
    if (!found) {
        co_return message_not_found();
    }
    auto const allowed =
        rules_.with([&](Kaiku& kaiku) { return kaiku.guilds.may_remove(user, *found); });
    if (!allowed) {
        co_return error_of(allowed.error());
    }
    // Of a message that was not shown to somebody, that one hears nothing now, either.
    auto tell = [this, gone = *found](Kaiku& now) {
        listeners(now, gone.author, channel_room(gone.channel))
            .send("message_delete", DeleteNotice{gone.channel, gone.id}, in_order());
    };
    auto tell_locked = announced(std::move(tell));
    auto written = store_.remove(found->id, std::move(tell_locked));
    if (!co_await written) {
        co_return message_not_found();
    }
    co_return Reply::empty();
}

Task<Reply> Hub::history(RestCall& call, std::string channel, HistoryQuery query) {
    auto const user = require(call);
    auto const id = plain_id(channel);
    auto const seen = rules_.with([&](Kaiku& kaiku) { return kaiku.guilds.view(user, id); });
    if (!seen) {
        co_return error_of(seen.error());
    }
    auto const limit = std::clamp(query.limit.value_or(usual_page), 1, longest_page);
    auto asked = store_.history(id, plain_id(query.before.value_or("")), limit);
    auto const page = co_await asked;
    co_return rules_.with([&](Kaiku& kaiku) {
        auto const strangers = kaiku.people.strangers(user);
        HistoryView view;
        for (auto const& message : page.messages) {
            if (strangers.count(message.author) == 0) {
                view.items.push_back(view_of(message, kaiku.people));
            }
        }
        view.has_more = page.more;
        if (page.more) {
            view.next_cursor = Json(page.messages.back().id);
        }
        return Reply(view);
    });
}

}  // namespace apps::kaiku
