/*
 * A user agent of Sofia-SIP, the stack that FreeSWITCH speaks SIP by, for the tests: signalling only, it sends no sound.
 *
 *   ua USER PASSWORD PROXY URL RTP ANSWER
 *
 * Without a PASSWORD it calls as a gateway does. With ANSWER 1 it picks up by itself. Commands come by standard input, a line
 * each; what happens is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct phone;
#define SU_ROOT_MAGIC_T struct phone
#define NUA_MAGIC_T struct phone
#define NUA_HMAGIC_T struct phone
#include <sofia-sip/nua.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su_wait.h>

struct phone {
	su_root_t *root;
	nua_t *nua;
	nua_handle_t *call; /* the one there is */
	const char *user, *password;
	int answers;
	char sdp[300];
};

/* happened is told everything by the stack. */
static void happened(nua_event_t event, int status, const char *phrase, nua_t *nua, struct phone *p, nua_handle_t *nh,
		     struct phone *none, const sip_t *sip, tagi_t tags[])
{
	int state = 0;
	char login[200];

	printf("%s %d %s\n", nua_event_name(event), status, phrase);
	if ((status == 401 || status == 407) && p->password[0]) {
		snprintf(login, sizeof login, "Digest:\"hotline.local\":%s:%s", p->user, p->password);
		nua_authenticate(nh, NUTAG_AUTH(login), TAG_END());
		return;
	}
	switch (event) {
	case nua_i_invite:
		if (p->call && p->call != nh) {
			nua_respond(nh, SIP_486_BUSY_HERE, TAG_END());
			break;
		}
		p->call = nh;
		if (p->password[0])
			nua_respond(nh, SIP_180_RINGING, TAG_END());
		else /* a carrier's has its description in it, and is to be acknowledged */
			nua_respond(nh, SIP_183_SESSION_PROGRESS, SOATAG_USER_SDP_STR(p->sdp), NUTAG_EARLY_MEDIA(1), TAG_END());
		if (p->answers)
			nua_respond(nh, SIP_200_OK, SOATAG_USER_SDP_STR(p->sdp), TAG_END());
		break;
	case nua_i_notify:
		if (sip && sip->sip_payload)
			printf("transfer: %.*s\n", (int)strcspn(sip->sip_payload->pl_data, "\r\n"), sip->sip_payload->pl_data);
		break;
	case nua_i_state:
		tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
		printf("state %s\n", nua_callstate_name(state));
		if (state == nua_callstate_terminated && nh == p->call)
			p->call = NULL;
		break;
	default:
		break;
	}
	fflush(stdout);
}

static void invite(struct phone *p, const char *to, int late)
{
	char url[200], from[200];

	snprintf(url, sizeof url, "sip:%s@hotline.local", to);
	snprintf(from, sizeof from, "sip:%s@%s", p->user, p->password[0] ? "hotline.local" : "gateway.example");
	p->call = nua_handle(p->nua, p, SIPTAG_TO_STR(url), SIPTAG_FROM_STR(from), TAG_END());
	nua_invite(p->call, SOATAG_USER_SDP_STR(p->sdp), SOATAG_DELAYED_OFFER_ENABLE(late), NUTAG_M_USERNAME(p->user), TAG_END());
}

/* enrol registers it, with an outbound flow (RFC 5626). */
static void enrol(struct phone *p)
{
	char self[200];

	snprintf(self, sizeof self, "sip:%s@hotline.local", p->user);
	nua_register(nua_handle(p->nua, p, SIPTAG_TO_STR(self), SIPTAG_FROM_STR(self), TAG_END()), NUTAG_REGISTRAR("sip:hotline.local"),
		     NUTAG_OUTBOUND("no-options-keepalive no-validate"), NUTAG_M_USERNAME(p->user), TAG_END());
}

static void refer(struct phone *p, const char *to)
{
	char url[200];

	snprintf(url, sizeof url, "sip:%s@hotline.local", to);
	nua_refer(p->call, SIPTAG_REFER_TO_STR(url), TAG_END());
}

static void carry_out(struct phone *p, const char *verb, const char *word)
{
	if (!strcmp(verb, "register"))
		enrol(p);
	else if (!strcmp(verb, "call"))
		invite(p, word, 0);
	else if (!strcmp(verb, "late"))
		invite(p, word, 1);
	else if (!p->call)
		printf("there is no call to %s\n", verb);
	else if (!strcmp(verb, "answer"))
		nua_respond(p->call, SIP_200_OK, SOATAG_USER_SDP_STR(p->sdp), TAG_END());
	else if (!strcmp(verb, "hold"))
		nua_invite(p->call, SOATAG_HOLD("audio"), TAG_END());
	else if (!strcmp(verb, "resume"))
		nua_invite(p->call, SOATAG_HOLD(NULL), TAG_END());
	else if (!strcmp(verb, "update"))
		nua_update(p->call, TAG_END());
	else if (!strcmp(verb, "refer"))
		refer(p, word);
	else if (!strcmp(verb, "bye"))
		nua_bye(p->call, TAG_END());
	else
		printf("nobody knows how to %s\n", verb);
	fflush(stdout);
}

/* told reads one command. */
static int told(struct phone *p, su_wait_t *w, su_wakeup_arg_t *none)
{
	char line[200], c, *word;
	size_t n = 0;

	while (n < sizeof line - 1 && read(0, &c, 1) == 1 && c != '\n')
		line[n++] = c;
	line[n] = 0;
	if (!n)
		exit(0); /* nobody speaks to it any more */
	word = strchr(line, ' ');
	if (word)
		*word++ = 0;
	carry_out(p, line, word ? word : "");
	return 0;
}

int main(int argc, char **argv)
{
	struct phone p[1] = {{0}};
	su_wait_t w[1];

	if (argc != 7)
		return 1;
	su_init();
	p->user = argv[1], p->password = argv[2], p->answers = atoi(argv[6]);
	snprintf(p->sdp, sizeof p->sdp, "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio %s RTP/AVP 9 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", argv[5]);
	p->root = su_root_create(p);
	p->nua = nua_create(p->root, happened, p, NUTAG_URL(argv[4]), NUTAG_PROXY(argv[3]), NUTAG_SESSION_TIMER(90), NUTAG_MIN_SE(90),
			    NUTAG_SUPPORTED("timer, 100rel, replaces, outbound"), NUTAG_UPDATE_REFRESH(1), NUTAG_AUTOANSWER(0),
			    NUTAG_ALLOW("INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY"), TAG_END());
	if (!p->nua)
		return 2;
	su_wait_create(w, 0, SU_WAIT_IN);
	su_root_register(p->root, w, (su_wakeup_f)told, (su_wakeup_arg_t *)p, 0);
	su_root_run(p->root);
	return 0;
}
